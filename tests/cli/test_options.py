"""Every command is small enough to be read: few options, each with a sentence, a default and an example."""

import importlib
import json
import shlex

import pytest

from cli.app import command, commands
from cli.new.new import create
from resources.reviews.reviewers import Person, Reviewers
from resources.reviews.store import ReviewStore

MOST = 8
"""Options that a command shows at most, beside --help."""

VOTES = "item_id,lf_a,lf_b,lf_c,note\n1,HAM,HAM,HAM,x\n2,SPAM,SPAM,SPAM,y\n3,HAM,HAM,SPAM,z\n"
RULES = "classes: [HAM, SPAM]\nrules:\n  - {name: link, label: SPAM, regex: 'https?://'}\n"


def options(name):
    return [
        one
        for one in command(name).params
        if one.param_type_name == "option" and not one.hidden and one.name != "help"
    ]


def parsed(name, example):
    return command(name).make_context(name, shlex.split(example)[1:]).params


SHOWN = [pytest.param(name, one, id=f"{name}{one.opts[0]}") for name in commands() for one in options(name)]  # fmt: skip


@pytest.mark.parametrize("name", commands())
def test_no_command_has_more_options_than_can_be_read(name):
    assert 0 < len(options(name)) <= MOST


@pytest.mark.parametrize(("name", "option"), SHOWN)
def test_each_option_is_one_sentence_with_its_default(name, option):
    assert option.help[0].isupper()
    assert option.help.endswith(".")
    assert ". " not in option.help
    made = command(name)
    _, shown = option.get_help_record(made.make_context(name, [], resilient_parsing=True))
    assert shown.startswith(option.help)
    assert option.required or "[default: " in shown


@pytest.mark.parametrize(("name", "option"), SHOWN)
def test_each_option_stands_in_an_example(name, option):
    words = [word for example in examples(name) for word in shlex.split(example)]
    assert set(option.opts) & set(words)


@pytest.mark.parametrize("name", commands())
def test_every_example_can_be_typed_and_stands_in_the_help(name):
    for example in examples(name):
        assert shlex.split(example)[0] == name
        assert parsed(name, example)
        assert f"touchstone {example}" in command(name).epilog


def examples(name):
    path = commands()[name]
    return importlib.import_module(f"cli.{path.parent.name}.{path.stem}").EXAMPLES


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "votes.csv").write_text(VOTES)
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "texts.csv").write_text("key,body\na,see http://a.b\nb,fine\n")
    return tmp_path


def both(touchstone, folder, old, new):
    """What a command says when it is called as before, and as today."""
    before = touchstone(*shlex.split(old), at=folder)
    now = touchstone(*shlex.split(new), at=folder)
    assert (before.code, before.err) == (now.code, now.err) == (0, "")
    return before.out, now.out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("plan --points 2 --population 900 --json", "plan 900 --points 2 --json"),
        (
            "rules rules.yaml texts.csv --id key --text body --json",
            "rules rules.yaml texts.csv --columns id=key,text=body --json",
        ),
        (
            "consensus votes.csv -o l.csv --ignore note --classes HAM,SPAM --json",
            "consensus votes.csv -o l.csv --voters '!note' --classes HAM,SPAM --json",
        ),
        (
            "consensus votes.csv -o l.csv --voters 'lf_*' --classes HAM,SPAM --balance 0.8,0.2 --json",
            "consensus votes.csv -o l.csv --voters 'lf_*' --classes HAM=0.8,SPAM=0.2 --json",
        ),
        (
            "consensus votes.csv -o l.csv --voters 'lf_*' --ignore lf_b --seed 0 --classes HAM,SPAM --json",
            "consensus votes.csv -o l.csv --voters 'lf_*' --voters '!lf_b' --classes HAM,SPAM --json",
        ),
    ],
)
def test_options_of_before_do_what_their_successors_do(touchstone, folder, old, new):
    before, now = both(touchstone, folder, old, new)
    assert json.loads(before) == json.loads(now)


def test_what_an_edit_changed_is_told_from_two_files_as_it_was_with_before(touchstone, folder):
    rules = "rules rules.yaml texts.csv --columns id=key,text=body"
    touchstone(*shlex.split(f"{rules} -o before.csv"), at=folder)
    (folder / "rules.yaml").write_text(RULES.replace("https?://", "fine"))
    touchstone(*shlex.split(f"{rules} -o after.csv"), at=folder)
    before, now = both(
        touchstone, folder, f"{rules} --before before.csv --json", "compare before.csv after.csv --json"
    )  # fmt: skip
    found = json.loads(now)
    assert found.items() <= json.loads(before).items()
    assert [row["item_id"] for row in found["changed_items"]] == ["a", "b"]
    assert "rule/link on a: SPAM → no vote" in touchstone("compare", "before.csv", "after.csv", at=folder).out  # fmt: skip


def test_rules_are_proposed_by_a_command_as_they_were_with_suggest(touchstone, folder):
    rows = [f"{i},{'free money' if i % 2 else 'nice song'}" for i in range(40)]
    (folder / "many.csv").write_text("\n".join(["item_id,text", *rows]) + "\n")
    labels = [f"{i},{'SPAM' if i % 2 else 'HAM'}" for i in range(40)]
    (folder / "gold.csv").write_text("\n".join(["item_id,label", *labels]) + "\n")
    before, now = both(
        touchstone, folder,
        "rules rules.yaml many.csv --gold gold.csv --suggest 2 --json",
        "suggest rules.yaml many.csv --gold gold.csv -n 2 --json",
    )  # fmt: skip
    assert json.loads(now)["suggestions"] == json.loads(before)["suggestions"] != []
    shown = touchstone("suggest", "rules.yaml", "many.csv", "--gold", "gold.csv", at=folder).out
    assert "# suggestions from gold" in shown
    assert "says_money" in shown
    refused = touchstone("suggest", "rules.yaml", "many.csv", at=folder)
    assert (refused.code, "give --gold or --consensus" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rules rules.yaml texts.csv --columns key", "say id=COLUMN, text=COLUMN or both"),
        ("rules rules.yaml texts.csv --columns time=a", "say id=COLUMN, text=COLUMN or both"),
        ("consensus votes.csv -o l.csv --classes HAM=much,SPAM=0.1", "much, 0.1 are not all numbers"),
        ("consensus votes.csv -o l.csv --voters !nope", "no column matches 'nope'"),
        ("plan 0 --points 2", "a batch of 0 items has nothing to review"),
        ("compare texts.csv texts.csv", "texts.csv has no column 'item_id'"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_meant_is_told(touchstone, folder, line, message):
    said = touchstone(*shlex.split(line), at=folder, columns=300)
    assert said.code == 2
    assert message in said.err


def test_a_file_whose_name_is_a_number_is_a_file(touchstone, folder):
    (folder / "7").write_text("label\nHAM\n")
    assert "7 is neither .csv" in touchstone("plan", "7", "--points", "2", at=folder).err


def test_people_are_invited_listed_and_revoked(touchstone, tmp_path):
    create(tmp_path, "letters")

    def people(*words):
        return touchstone("people", *words, at=tmp_path)

    assert "nobody has a token for letters" in people("list").out
    token = people("invite", "anna", "--role", "adjudicator").out.split()[-1]
    known = Reviewers(ReviewStore(tmp_path / "var" / "letters" / "reviews.sqlite"))
    assert known.who(known.sign_in(token)) == Person("anna", "adjudicator")
    assert "adjudicator" in people("list").out
    assert known.listed() == [(Person("anna", "adjudicator"), True)]
    assert people("revoke", "anna").code == 0
    assert known.listed() == [(Person("anna", "adjudicator"), False)]
    assert "anna" in people("list").out
    assert known.sign_in(token) is None
    assert "nobody named 'anna'" in people("revoke", "anna").err
    assert "people invite NAME" in people("invite").err
    assert "anna" in people("list", "letters").out
    assert "no task 'mails'" in people("list", "mails").err
    assert "say `touchstone people list`" in people("list", "anna", "letters").err
