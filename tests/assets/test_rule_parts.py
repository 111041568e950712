"""Rules put to the parts of a batch say what they say of the whole."""

import pickle

import pyarrow as pa
import pytest

from assets.votes.rule_parts import RulesOnPart, types_of, vote_in_parts
from assets.votes.rule_sets import apply_rules, load_voters, seen_by_rules
from cli.new.new import create
from labeling.errors import RuleError
from resources.engines.in_process import InProcess
from resources.engines.parts import cut, parts_folder, rows_of, write_parts
from resources.store.tables import RULE_FAILURES, RULE_VOTES
from resources.task.task import load_task

RULES = """
rules:
  - {name: thanks, label: praise, keyword: [thanks]}
  - {name: liked, label: praise, metadata: {likes: {min: 3}}}
  - {name: from_mail, label: complaint, metadata: {channel: mail}, when: {channel: mail}}
  - {name: more_than_most, label: question, sql: "length(text) > (select avg(length(text)) from batch)"}
"""
OWN = """
from labeling.rules.reading.python import rule

@rule(label="complaint")
def odd(text: str) -> bool:
    if "broken" in text:
        raise ValueError("broken")
    return text.endswith("?")
"""
TEXTS = [
    "Thanks a lot",
    "broken lift",
    "open?",
    "thanks",
    "a much longer text than all of the others",
    "?",
]


@pytest.fixture
def task(tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    folder = create(tmp_path, "letters")
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    (folder / "rules.py").write_text(OWN, encoding="utf-8")
    settings = folder / "task.yaml"
    said = settings.read_text(encoding="utf-8")
    assert "metadata: [" in said
    settings.write_text(said.replace("metadata: [", "metadata: [likes, "), encoding="utf-8")
    return load_task(folder)


def items(n: int) -> pa.Table:
    """Items whose metadata is of other kinds in other parts: none, whole numbers, halves, text."""
    said = [
        "{}",
        '{"likes": 3}',
        '{"likes": 2.5, "channel": "mail"}',
        '{"likes": 7, "channel": "web"}',
    ]
    rows = [
        {"item_id": f"m{at:04d}", "text": TEXTS[at % 6], "image": None, "time": None, "metadata": said[at * 4 // n]}
        for at in range(n)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)


def rows(voted, table, name):
    found = rows_of([getattr(one, name) for one in voted], table)
    whole = found if isinstance(found, pa.Table) else found.to_table()
    return sorted(map(repr, whole.to_pylist()))


def put(task, table, size, engine=None):
    """Cut items into parts of a size, and put the task's rules to them."""
    loaded = load_voters(task)
    folder = task.var / "parts-of-test"
    folder.mkdir(parents=True, exist_ok=True)
    parts = write_parts(cut(table.to_batches(), size), folder, "items")
    versions = {rule.name: rule.version for rule in loaded}
    work = RulesOnPart(task, versions, {"batch": "b", "run": "r"}, folder)
    return vote_in_parts(engine or InProcess(), work, loaded, parts)


@pytest.mark.parametrize("size", [1, 7, 16, 100])
def test_parts_say_what_the_whole_batch_says(task, size):
    table = items(24)
    loaded = load_voters(task)
    votes, _ = apply_rules(task, loaded, seen_by_rules(task, table), [r.name for r in loaded])
    voted = put(task, table, size)
    found = rows_of([one.votes for one in voted], RULE_VOTES).to_table()
    told = [f"{v['item_id']} {v['voter']} {v['label']}" for v in found.to_pylist()]
    assert sorted(told) == sorted(
        f"{v['item_id']} {v['voter']} {v['label']}" for v in votes.to_pylist()
    )
    assert {v.split()[1] for v in told} >= {"rule/liked", "rule/more_than_most", "rule/from_mail"}
    assert rows(voted, RULE_FAILURES, "failures") == rows(put(task, table, 24), RULE_FAILURES, "failures")  # fmt: skip


def test_numbers_that_are_text_elsewhere_are_text_in_every_part(task, tmp_path):
    table = items(24)
    said = pa.array([*table["metadata"].to_pylist()[:-1], '{"likes": "many"}'])
    mixed = table.set_column(table.column_names.index("metadata"), "metadata", said)
    parts = write_parts(cut(mixed.to_batches(), 5), tmp_path, "items")
    types = types_of(InProcess(), task, parts)
    assert types["likes"] == pa.string()
    read = [seen_by_rules(task, part.read(), types)["likes"].to_pylist() for part in parts]
    assert [one for some in read for one in some] == seen_by_rules(task, mixed)["likes"].to_pylist()


def test_a_worker_with_other_rules_is_refused(task, tmp_path):
    work = RulesOnPart(task, {"thanks": "another version"}, {}, tmp_path)
    (part,) = write_parts([items(4)], work.into, "items")
    with pytest.raises(RuleError, match=r"a worker finds another rule 'thanks'"):
        pickle.loads(pickle.dumps(work))(part)


def test_parts_go_when_they_are_stored_and_those_of_the_dead_go_too(task):
    dead = task.var / "parts" / "4194305-monday-x"
    dead.mkdir(parents=True)
    with parts_folder(task, "tuesday") as folder, parts_folder(task, "tuesday") as other:
        assert not dead.exists()
        assert folder != other
        write_parts([items(4)], folder, "items")
    assert not list(dead.parent.iterdir())
