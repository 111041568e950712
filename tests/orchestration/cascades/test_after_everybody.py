"""Without ``after``, rules and all other prompts together answer before a dear prompt with a guarantee."""

from tests.fakes.letters import DAYS, EACH, LARGE, SMALL, letters

PANEL = LARGE.replace("after: small, ", "")
RULES = "rules:\n" + "".join(
    f"  - {{name: {label}, label: {label}, keyword: [{label}]}}\n"
    for label in ("praise", "question")
)


def test_the_dear_prompt_is_asked_where_rules_and_prompts_do_not_agree(tmp_path):
    files = {"rules.yaml": RULES, "prompts/other.md": SMALL.replace("small", "other")}
    student = {"enabled": False}
    with letters(tmp_path, PANEL, files, student=student) as library:
        first, second, third = DAYS[:3]
        asked = library.label(first)
        assert "no audited item of earlier batches is reviewed" in asked["told"]
        assert asked["asked"] == EACH

        library.review(first)
        met = len(library.provider.meter)
        asked = library.label(second)
        told = "asked where the panel of rules and other prompts is less sure than"
        assert told in asked["told"], asked
        texts = library.asked("large", met)
        assert 0 < len(texts) == EACH - asked["spared"] < EACH / 2
        assert all("murky" in text for text in texts)
        assert library.right(second) >= 0.85

        # a rule of today speaks of gold as of the batch, and of what the panel says elsewhere
        (library.task.folder / "rules.yaml").write_text(
            "rules:\n  - {name: murky, label: praise, keyword: [murky]}\n"
        )
        library.review(second)
        met = len(library.provider.meter)
        asked = library.label(third)
        gold = [text for text in library.asked("large", met) if third not in text]
        assert asked["gold"] == 2 * EACH
        assert asked["calls"] == len(library.asked("large", met))
        assert len(gold) == EACH - len(texts)
        assert library.right(third) >= 0.85
