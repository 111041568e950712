"""What a batch is labelled again for when a file of rules is edited: another meaning, and nothing else."""

import pytest

from assets.reading.stamp import settings_hash
from cli.new.new import create
from resources.task.task import load_task

RULES = """
rules:
  - name: thanks
    label: praise
    keyword: [thank you, thanks]
  - name: refund
    label: complaint
    dictionary: money.txt
"""
PYTHON = '''
"""Rules in Python."""
from labeling.rules.reading.python import rule

@rule(label="praise")
def short(text):
    return len(text) < 10
'''


@pytest.fixture
def folder(tmp_path):
    folder = create(tmp_path, "letters")
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    (folder / "rules.py").write_text(PYTHON, encoding="utf-8")
    (folder / "money.txt").write_text("refund\\nmoney back\\n", encoding="utf-8")
    return folder


def edited(folder, file: str, old: str, new: str) -> bool:
    """Whether an edit would label every batch again."""
    before = settings_hash(load_task(folder))
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    return settings_hash(load_task(folder)) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("rules.yaml", "rules:", "# Written in March\nrules:"),
        ("rules.yaml", "    label: praise", "    label: praise\n    owner: ann"),
        ("rules.yaml", "    label: praise", "    label: praise\n    description: polite"),
        ("rules.yaml", "[thank you, thanks]", "\n      - thank you\n      - thanks"),
        ("rules.py", "    return len", "    # five words\n    return  len"),
    ],
)
def test_what_is_told_to_people_labels_nothing_again(folder, file, old, new):
    assert not edited(folder, file, old, new)


def test_the_order_of_rules_labels_nothing_again(folder):
    first = RULES[RULES.index("  - name: thanks") : RULES.index("  - name: refund")]
    assert not edited(folder, "rules.yaml", RULES, RULES.replace(first, "") + first)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("rules.yaml", "thanks]", "thanks, thx]"),
        ("rules.yaml", "label: complaint", "label: praise"),
        ("rules.yaml", "name: thanks", "name: gratitude"),
        ("rules.yaml", RULES[RULES.index("  - name: refund") :], ""),
        ("money.txt", "refund", "refunds"),
        ("rules.py", "< 10", "< 12"),
        ("rules.yaml", "keyword:", "keywords:"),
        ("rules.py", "return", "retrun"),
        ("rules.yaml", RULES, "[" * 3000),
    ],
)
def test_another_meaning_and_a_file_that_cannot_be_read_label_again(folder, file, old, new):
    assert edited(folder, file, old, new)


def test_no_code_of_a_rule_runs_to_see_whether_rules_changed(folder):
    (folder / "rules.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    assert settings_hash(load_task(folder))
