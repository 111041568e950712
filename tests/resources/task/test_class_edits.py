"""What a change of classes edits in files: its own lines, and not one character beside them."""

import re

import pytest
import yaml

from resources.task.classes.asked import Asked
from resources.task.classes.edits import edits_of
from resources.task.classes.python_edits import edit_python
from resources.task.classes.yaml_edits import apply
from resources.task.errors import TaskError
from resources.task.reading import read_spec
from resources.task.settings.schema import TaskSpec

TASK = """\
# my task
name: flights
classes:   # three
  - name: late    # the usual
    description: It came late.
    key: l

  # and the rest
  - {name: "rude", description: 'Rude staff', key: r}
  - name: 'ask'
class_balance: {late: 0.5, rude: 0.3, ask: 0.2}
source: {files: "items/*.csv"}
alarm:
  classes:
    late: 0.8  # promised in May
    rude: 0.9
reviewers:
  scripted: {truth: truth.csv, names: {"1": late, "2": rude}}
models:
  prompts: [prompts/*.md]
  simulated: {truth: truth.csv, confusions: {late: rude}}
"""
RULES = """\
rules:
  # delays
  - name: waits
    label: late
    keyword: [late, delayed]   # late, but not as a label
  - {name: shouts, label: rude, keyword: [idiot]}
  - name: asks
    label: ask
    regex: '\\?'
  - name: by_sql
    sql: "case when text like '%late%' then 'late' end"
"""
PYTHON = '''\
"""Rules."""
from labeling.rules.reading.python import rule

WORD = "late"


@rule(label="late")
def slow(text):
    return "late" in text


@rule()
def either(text):
    return "rude" if "late" in text else None
'''
SPANS = """\
from labeling.rules.spans.python import span_rule


@span_rule(type="late")
def slow(text):
    yield text.find("late"), len(text)


@span_rule(against="late")
def early(text):
    yield 0, 4


@span_rule()
def either(text):
    yield 0, 4, "rude" if text.startswith("late") else "late"
"""
PROMPT = """\
---
model: m
examples:
  items:
    - {text: "It was late", label: late}
    - {text: "Go away", label: rude}
---
Is it late or rude?
"""


@pytest.fixture
def folder(tmp_path):
    for name, text in {
        "task.yaml": TASK, "rules.yaml": RULES, "rules.py": PYTHON, "prompts/p.md": PROMPT,
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    text = TASK.replace("source:", "rules: {files: [rules.yaml, rules.py]}\nsource:")
    (tmp_path / "task.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def lines(before, after):
    """The lines that differ, as pairs."""
    return [
        (old, new)
        for old, new in zip(before.splitlines(), after.splitlines(), strict=True)
        if old != new
    ]


def edit(folder, *asked):
    return edits_of(folder, read_spec(folder), Asked(*asked))


def test_a_rename_changes_the_name_wherever_it_stands_for_the_class(folder):
    found = edit(folder, "rename", ("late",), ("delay: long",))
    task = lines(found.before["task.yaml"], found.after["task.yaml"])
    assert task == [
        ("  - name: late    # the usual", "  - name: 'delay: long'    # the usual"),
        (
            "class_balance: {late: 0.5, rude: 0.3, ask: 0.2}",
            "class_balance: {'delay: long': 0.5, rude: 0.3, ask: 0.2}",
        ),
        ("    late: 0.8  # promised in May", "    'delay: long': 0.8  # promised in May"),
        (
            '  scripted: {truth: truth.csv, names: {"1": late, "2": rude}}',
            '  scripted: {truth: truth.csv, names: {"1": \'delay: long\', "2": rude}}',
        ),
        (
            "  simulated: {truth: truth.csv, confusions: {late: rude}}",
            "  simulated: {truth: truth.csv, confusions: {'delay: long': rude}}",
        ),
    ]
    assert lines(found.before["rules.yaml"], found.after["rules.yaml"]) == [
        ("    label: late", "    label: 'delay: long'"),
        (
            "    sql: \"case when text like '%late%' then 'late' end\"",
            "    sql: \"case when text like '%late%' then 'delay: long' end\"",
        ),
    ]
    assert lines(found.before["rules.py"], found.after["rules.py"]) == [
        ('@rule(label="late")', '@rule(label="delay: long")')
    ]
    assert lines(found.before["prompts/p.md"], found.after["prompts/p.md"]) == [
        (
            '    - {text: "It was late", label: late}',
            "    - {text: \"It was late\", label: 'delay: long'}",
        )
    ]
    assert "prompts/p.md line 8 says 'late' in words" in found.by_hand
    assert "rules.py line 4 says 'late'" in found.by_hand


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        (("rename", ("late",), ("slow",)), {"slow": "after time", "rude": "unkind"}),
        (("retire", ("late",), ()), {"rude": "unkind"}),
        (("merge", ("late", "rude"), ("rude",)), {"rude": "unkind"}),
    ],
)
def test_what_a_prompt_says_of_a_class_follows_its_name(folder, asked, left):
    front = "---\nmodel: m\ndescriptions:\n  late: after time\n  rude: unkind\n---\nSort.\n"
    (folder / "prompts" / "p.md").write_text(front, encoding="utf-8")
    (folder / "rules.yaml").write_text("rules: []\n", encoding="utf-8")
    plain = re.sub("class_balance.*\n", "", (folder / "task.yaml").read_text("utf-8"))
    (folder / "task.yaml").write_text(plain, encoding="utf-8")
    found = edit(folder, *asked)
    assert yaml.safe_load(found.after["prompts/p.md"].split("---")[1])["descriptions"] == left


def test_functions_that_mark_spans_are_edited_where_they_say_the_type():
    told, by_hand = [], []
    edits = edit_python(SPANS, {"late": "delay"}, "rules.py", "renamed", told, by_hand)
    after = apply(SPANS, edits)
    assert lines(SPANS, after) == [
        ('@span_rule(type="late")', '@span_rule(type="delay")'),
        ('@span_rule(against="late")', '@span_rule(against="delay")'),
        (
            '    yield 0, 4, "rude" if text.startswith("late") else "late"',
            '    yield 0, 4, "rude" if text.startswith("late") else "delay"',
        ),
    ]
    assert by_hand == ["rules.py line 6 says 'late'"]
    with pytest.raises(TaskError, match="either returns 'rude'"):
        edit_python(SPANS, {"rude": None}, "rules.py", "retired", told, by_hand)


def test_a_rename_and_back_leaves_every_file_as_it_was(folder):
    there = edit(folder, "rename", ("rude",), ("unkind",))
    for name, text in there.after.items():
        (folder / name).write_bytes(text.encode())
    back = edit(folder, "rename", ("unkind",), ("rude",))
    assert back.after == there.before


def test_line_ends_of_windows_and_letters_beyond_ascii_stay(folder):
    rules = RULES.replace("# delays", "# Verspätung \N{BOOKS}").replace("\n", "\r\n")
    (folder / "rules.yaml").write_bytes(rules.encode())
    python = PYTHON.replace('@rule(label="late")', '@rule("late")  # \N{BOOKS}é')
    (folder / "rules.py").write_bytes(python.encode())
    found = edit(folder, "rename", ("late",), ("Verspätung",))
    assert found.after["rules.yaml"].count("\r\n") == rules.count("\r\n")
    assert "label: Verspätung\r\n" in found.after["rules.yaml"]
    assert '@rule("Verspätung")  # \N{BOOKS}é' in found.after["rules.py"]


def test_merged_classes_keep_one_entry_the_lowest_promise_and_the_sum_of_the_balance(folder):
    found = edit(folder, "merge", ("late", "rude"), ("bad",))
    text = found.after["task.yaml"]
    (folder / "task.yaml").write_text(text, encoding="utf-8")
    spec = read_spec(folder)
    assert [c.name for c in spec.classes] == ["bad", "ask"]
    assert spec.class_balance == {"bad": 0.8, "ask": 0.2}
    assert spec.alarm.classes == {"bad": 0.8}
    assert "# and the rest" in text
    assert found.after["rules.yaml"].count("label: bad") == 2


def test_a_merge_into_a_class_that_is_there_keeps_what_that_was_promised(folder):
    found = edit(folder, "merge", ("late",), ("rude",))
    (folder / "task.yaml").write_text(found.after["task.yaml"], encoding="utf-8")
    spec = read_spec(folder)
    assert [c.name for c in spec.classes] == ["rude", "ask"]
    assert spec.alarm.classes == {"rude": 0.9}
    assert spec.class_balance == {"rude": 0.8, "ask": 0.2}


def without_balance(folder):
    text = (folder / "task.yaml").read_text(encoding="utf-8")
    balance = "class_balance: {late: 0.5, rude: 0.3, ask: 0.2}\n"
    (folder / "task.yaml").write_text(text.replace(balance, ""), encoding="utf-8")
    sql = RULES.partition("  - name: by_sql")[0]
    (folder / "rules.yaml").write_text(sql, encoding="utf-8")


def test_rules_of_a_retired_class_become_comments_to_work_on(folder):
    without_balance(folder)
    found = edit(folder, "retire", ("late",), ())
    (folder / "task.yaml").write_text(found.after["task.yaml"], encoding="utf-8")
    spec = read_spec(folder)
    assert [c.name for c in spec.classes] == ["rude", "ask"]
    assert spec.alarm.classes == {"rude": 0.9}
    assert "  # voted for late, which was retired\n#   - name: waits\n" in found.after["rules.yaml"]
    assert '# @rule(label="late")\n# def slow(text):\n' in found.after["rules.py"]
    assert compile(found.after["rules.py"], "rules.py", "exec")


def test_a_class_that_something_is_split_off_keeps_its_rules(folder):
    without_balance(folder)
    found = edit(folder, "split", ("ask",), ("ask", "where"))
    assert list(found.after) == ["task.yaml"]
    assert "  - name: 'ask'\n  - name: where\n" in found.after["task.yaml"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("retire", ("late",), ()), "class_balance says a share of 'late'"),
        (("split", ("late",), ("a", "b")), "class_balance says a share of 'late'"),
    ],
)
def test_what_nobody_can_tell_is_asked_for(folder, asked, told):
    with pytest.raises(TaskError, match=told):
        edit(folder, *asked)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("retire", ("rude",), ()), "either returns 'rude'"),
        (("retire", ("late",), ()), "its SQL names 'late'"),
    ],
)
def test_rules_that_choose_a_class_are_taken_in_hand_by_people_first(folder, asked, told):
    without_balance(folder)
    (folder / "rules.yaml").write_text(
        RULES.replace(
            "{name: shouts, label: rude, keyword: [idiot]}",
            "{name: shouts, label: ask, keyword: [idiot]}",
        ),
        encoding="utf-8",
    )
    with pytest.raises(TaskError, match=told):
        edit(folder, *asked)


def rewritten(folder, name, text, *asked):
    (folder / name).write_text(text, encoding="utf-8")
    return edit(folder, *asked).after[name]


def test_a_name_that_an_anchor_gives_to_others_is_edited_once_and_stays_an_anchor(folder):
    text = "rules:\n  - {name: a, label: &l late, keyword: [x]}\n  - {name: b, label: *l, keyword: [y]}\n"
    assert rewritten(folder, "rules.yaml", text, "rename", ("late",), ("delay",)) == text.replace(
        "&l late", "&l delay"
    )


def test_a_name_with_signs_of_brackets_is_quoted_where_it_stands_in_some(folder):
    found = edit(folder, "rename", ("late",), ("a, b]",))
    assert "class_balance: {'a, b]': 0.5, rude: 0.3, ask: 0.2}" in found.after["task.yaml"]
    assert "label: 'a, b]'\n" in found.after["rules.yaml"]


@pytest.mark.parametrize("new", ["delay", "l'arrivée"])
def test_sql_of_several_lines_keeps_them(folder, new):
    text = (
        "rules:\n  - name: s\n    sql: |\n      case when text like '%x%'\n"
        "           then 'late'  -- so\n      end\n  - {name: b, label: rude, keyword: [y]}\n"
    )
    there = rewritten(folder, "rules.yaml", text, "rename", ("late",), (new,))
    assert there == text.replace("'late'", "'" + new.replace("'", "''") + "'")
    (folder / "task.yaml").write_text(
        edit(folder, "rename", ("late",), (new,)).after["task.yaml"], encoding="utf-8"
    )
    assert rewritten(folder, "rules.yaml", there, "rename", (new,), ("late",)) == text


def test_neighbours_that_are_merged_leave_their_list_in_brackets_whole(folder):
    text = (folder / "task.yaml").read_text(encoding="utf-8")
    start, end = text.index("classes:"), text.index("source:")
    text = (
        text[:start]
        + "classes: [{name: here}, {name: late}, {name: rude}, {name: ask}]\n"
        + "class_balance: {here: 0.1, late: 0.4, rude: 0.3, ask: 0.2}\n"
        + text[end:]
    )
    after = rewritten(folder, "task.yaml", text, "merge", ("late", "rude", "ask"), ("late",))
    (folder / "task.yaml").write_text(after, encoding="utf-8")
    spec = read_spec(folder)
    assert [c.name for c in spec.classes] == ["here", "late"]
    assert spec.class_balance == {"here": 0.1, "late": 0.9}


def test_confusions_of_merged_classes_stand_once_and_none_is_with_itself(folder):
    text = (folder / "task.yaml").read_text(encoding="utf-8")
    three = "{late: rude, rude: ask, ask: late}"
    text = text.replace("{late: rude}", three)
    after = rewritten(folder, "task.yaml", text, "merge", ("late", "rude"), ("bad",))
    assert "confusions: {bad: ask, ask: bad}" in after


def test_a_mapping_whose_entries_all_go_is_an_empty_one(folder):
    without_balance(folder)
    text = (folder / "task.yaml").read_text(encoding="utf-8")
    text = text.replace("{late: rude}", "\n      late: ask\n      ask: rude").replace(
        "simulated: {truth: truth.csv, confusions: ", "simulated:\n    truth: truth.csv\n    confusions:"
    ).replace("ask: rude}", "ask: rude")  # fmt: skip
    (folder / "rules.yaml").write_text("rules: []\n", encoding="utf-8")
    after = rewritten(folder, "task.yaml", text, "split", ("ask",), ("where", "why"))
    (folder / "task.yaml").write_text(after, encoding="utf-8")
    spec = read_spec(folder)
    assert spec.models is not None
    assert spec.demo.simulated is not None
    assert spec.demo.simulated.confusions == {}


def test_guidelines_that_name_a_class_are_told_with_their_line(folder):
    (folder / "guide.md").write_text("# Guide\n\nlate: it came later.\n", encoding="utf-8")
    text = (folder / "task.yaml").read_text(encoding="utf-8")
    (folder / "task.yaml").write_text(f"{text}guidelines: guide.md\n", encoding="utf-8")
    found = edit(folder, "rename", ("late",), ("delay",))
    assert "guide.md line 3 says 'late' in words" in found.by_hand


def test_rules_that_stand_under_their_whole_path_are_left_alone_and_told(folder, tmp_path_factory):
    rules = tmp_path_factory.mktemp("elsewhere") / "rules.yaml"
    rules.write_text(RULES, encoding="utf-8")
    text = (folder / "task.yaml").read_text(encoding="utf-8")
    text = text.replace("[rules.yaml, rules.py]", f"[{rules}, rules.py]")
    (folder / "task.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(TaskError, match=r"relative to task\.yaml"):
        edit(folder, "rename", ("late",), ("delay",))
    assert rules.read_text(encoding="utf-8") == RULES


SETS = """name: box
kind: several
excludes:
  - [late, praise]
  - [late, broken, praise]
classes:
  - {name: late}
  - {name: broken}
  - {name: praise}
source: {files: items/*.csv}
models: {prompts: [ask.md]}
"""


@pytest.fixture
def box(tmp_path):
    """A task of several classes, its rules and a prompt with examples."""
    (tmp_path / "task.yaml").write_text(SETS, encoding="utf-8")
    rules = "rules:\n  - {name: a, against: late, keyword: [x]}\n  - {name: b, label: broken, keyword: [y]}\n"
    (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    examples = "[{text: a, label: [late, broken]}, {text: b, label: broken}]"
    (tmp_path / "ask.md").write_text(
        f"---\nexamples: {{choose: fixed, items: {examples}}}\n---\nAsk.\n", encoding="utf-8"
    )

    def edited(asked):
        found = edits_of(tmp_path, TaskSpec.model_validate(yaml.safe_load(SETS)), asked)
        return {name: found.after.get(name, "") for name in ("task.yaml", "rules.yaml", "ask.md")}

    return edited


def test_what_excludes_what_and_rules_against_a_class_follow_its_name(box):
    after = box(Asked("rename", ("late",), ("delayed",)))
    assert yaml.safe_load(after["task.yaml"])["excludes"] == [
        ["delayed", "praise"], ["delayed", "broken", "praise"],
    ]  # fmt: skip
    assert yaml.safe_load(after["rules.yaml"])["rules"][0]["against"] == "delayed"
    assert "label: [delayed, broken]" in after["ask.md"]


def test_a_group_that_excludes_nothing_any_more_goes(box):
    after = yaml.safe_load(box(Asked("merge", ("late", "praise"), ("other",)))["task.yaml"])
    assert after["excludes"] == [["other", "broken"]]
    after = box(Asked("merge", ("broken", "praise", "late"), ("other",)))["task.yaml"]
    assert "excludes" not in yaml.safe_load(after)


def test_an_example_that_names_a_retired_class_goes(box):
    after = box(Asked("retire", ("late",), ()))
    assert "[{text: b, label: broken}]" in after["ask.md"]
    assert yaml.safe_load(after["task.yaml"])["excludes"] == [["broken", "praise"]]


PIPELINE = """\
rules:
  - name: web
    spacy: en_web  # of May
    labels: {PERSON: person, ORG: firm, GPE: firm}
  - name: names
    type: person
    keyword: [Ann]
"""


@pytest.mark.parametrize(
    ("asked", "labels"),
    [
        (
            Asked("rename", ("firm",), ("company",)),
            {"PERSON": "person", "ORG": "company", "GPE": "company"},
        ),
        (
            Asked("merge", ("firm", "person"), ("name",)),
            {"PERSON": "name", "ORG": "name", "GPE": "name"},
        ),
        (Asked("retire", ("firm",), ()), {"PERSON": "person"}),
    ],
)
def test_labels_of_a_pipeline_follow_the_names_of_their_classes(folder, asked, labels):
    (folder / "rules.yaml").write_text(PIPELINE)
    found = edits_of(folder, read_spec(folder), asked)
    after = found.after["rules.yaml"]
    assert yaml.safe_load(after)["rules"][0]["labels"] == labels
    assert "    spacy: en_web  # of May\n" in after
    assert "rules.yaml: labels of rule web say so too" in found.told


def test_a_pipeline_all_of_whose_classes_go_becomes_a_comment(folder):
    text = PIPELINE.replace("PERSON: person, ", "")
    (folder / "rules.yaml").write_text(text)
    after = edit(folder, "retire", ("firm",), ()).after["rules.yaml"]
    assert [rule["name"] for rule in yaml.safe_load(after)["rules"]] == ["names"]
    assert "#   - name: web" in after
