"""``touchstone new``: what it writes runs as it is, and nothing is written by halves."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cli.new.new import EXAMPLE, EXAMPLE_IMAGES, EXAMPLE_SEVERAL, EXAMPLE_SPANS, create
from resources.task.errors import TaskError
from resources.task.reading import read_spec
from resources.task.settings.schema import TaskSpec
from resources.task.task import load_task

EXAMPLES = [EXAMPLE, EXAMPLE_SEVERAL, EXAMPLE_SPANS]

WORKSPACE = """\
# One code location a labelling task.
load_from:
  - python_file:
      relative_path: tasks/first/definitions.py
      location_name: first   # the one we began with

# what stands behind stays behind
"""


def test_a_new_task_runs_as_it_is(tmp_path, touchstone):
    said = touchstone("new", "letters", at=tmp_path, columns=200)
    assert said.code == 0
    assert f"added it to {tmp_path / 'workspace.yaml'}" in said.out
    said = touchstone("run", "letters", at=tmp_path, columns=120)
    assert said.code == 0, said.err
    assert "3 batches labelled" in said.out
    assert (tmp_path / "var" / "letters" / "published" / "report.html").is_file()
    said = touchstone("explain", "m001", at=tmp_path)
    assert "decided by consensus" in said.out


def test_dagster_finds_the_code_location_of_a_new_task(tmp_path):
    create(tmp_path, "letters")
    code = (
        "import runpy, sys; defs = runpy.run_path(sys.argv[1])['defs'];"
        "print(len(list(defs.resolve_all_asset_specs())))"
    )
    (entry,) = yaml.safe_load((tmp_path / "workspace.yaml").read_text())["load_from"]
    assert entry["python_file"]["location_name"] == "letters"
    path = tmp_path / entry["python_file"]["relative_path"]
    ended = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, cwd=tmp_path
    )
    assert ended.returncode == 0, ended.stderr[-800:]
    assert int(ended.stdout) > 15


def test_comments_of_the_workspace_stay_and_the_new_location_comes_last(tmp_path):
    (tmp_path / "workspace.yaml").write_text(WORKSPACE)
    create(tmp_path, "second")
    create(tmp_path, "third")
    text = (tmp_path / "workspace.yaml").read_text()
    assert [line for line in WORKSPACE.splitlines() if line not in text.splitlines()] == []
    names = [one["python_file"]["location_name"] for one in yaml.safe_load(text)["load_from"]]
    assert names == ["first", "second", "third"]


@pytest.mark.parametrize("text", ["load_from:\n", "# nothing yet\nload_from:\n\n"])
def test_a_workspace_without_any_location_gets_its_first(tmp_path, text):
    (tmp_path / "workspace.yaml").write_text(text)
    create(tmp_path, "letters")
    loaded = yaml.safe_load((tmp_path / "workspace.yaml").read_text())
    assert loaded["load_from"][0]["python_file"]["location_name"] == "letters"


@pytest.mark.parametrize(
    "name", ["Letters", "1st", "a-b", "", "../up", "a b", "x" * 42, "dagster", "été"]
)
def test_a_name_that_is_not_allowed_is_refused_with_what_is(tmp_path, touchstone, name):
    said = touchstone("new", "--", name, at=tmp_path, columns=200)
    assert said.code == 2
    assert "allowed are small letters, digits and _" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken_is_refused_and_nothing_is_changed(tmp_path, touchstone):
    folder = create(tmp_path, "letters")
    (folder / "task.yaml").write_text("mine")
    before = (tmp_path / "workspace.yaml").read_text()
    said = touchstone("new", "letters", at=tmp_path, columns=200)
    assert said.code == 2
    assert "stands already" in said.err
    assert (folder / "task.yaml").read_text() == "mine"
    assert (tmp_path / "workspace.yaml").read_text() == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (WORKSPACE, "has a code location 'first' already"),
        ("load_from: [", "not valid YAML"),
        ("load_from: []\n", "add these lines under load_from by hand"),
        ("other: 1\n", "has no list load_from"),
    ],
)
def test_a_workspace_that_cannot_be_added_to_stops_everything(tmp_path, text, told):
    (tmp_path / "workspace.yaml").write_text(text)
    with pytest.raises(TaskError, match=told):
        create(tmp_path, "first")
    assert (tmp_path / "workspace.yaml").read_text() == text
    assert not (tmp_path / "tasks").exists()


def test_a_folder_that_may_not_be_written_to_is_told_without_a_traceback(
    tmp_path, touchstone, monkeypatch
):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    said = touchstone("new", "letters", at=tmp_path, columns=200)
    assert said.code == 2
    assert "Permission denied" in said.err
    assert list((tmp_path / "tasks").iterdir()) == []


def test_the_example_carries_the_new_name_and_nothing_else_changes(tmp_path):
    folder = create(tmp_path, "letters")
    assert load_task(folder).name == "letters"
    for path in (p for p in EXAMPLE.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        copied = (folder / path.relative_to(EXAMPLE)).read_text(encoding="utf-8")
        was = path.read_text(encoding="utf-8")
        if path.name == "task.yaml":
            was = was.replace("name: example", "name: letters")
            was = was.replace("touchstone run example", "touchstone run letters")
        assert copied == was


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_what_an_example_shows_as_comments_is_allowed_once_uncommented(tmp_path, example):
    folder = create(tmp_path, "letters", example)
    lines = (folder / "task.yaml").read_text(encoding="utf-8").splitlines()
    started = False
    for at, line in enumerate(lines):
        started = (started and line.startswith("#")) or line in {
            "# models:",
            "# reviewers:",
            "# demo:",
        }
        if started or line.startswith("# at_most:"):
            lines[at] = line.removeprefix("# ")
        elif line.startswith("  # "):
            lines[at] = line.replace("# ", "", 1)
    (folder / "task.yaml").write_text("\n".join(lines), encoding="utf-8")
    spec = read_spec(folder)
    assert isinstance(spec, TaskSpec)
    assert spec.models is not None
    assert spec.models.prompts == ("prompts/classify.md",)
    assert spec.demo.scripted is not None
    if example == EXAMPLE:
        assert spec.source.image == "photo"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_examples_prompt_can_be_read_and_rendered(example):
    from labeling.llm.prompts.prompt import load_prompts

    (prompt,) = load_prompts(example / "prompts" / "classify.md")
    assert prompt.model == "gpt-4o-mini"


def test_a_new_task_of_several_classes_runs_as_it_is(tmp_path, touchstone):
    said = touchstone("new", "letters", "--kind", "several", at=tmp_path, columns=200)
    assert said.code == 0, said.err
    assert load_task(tmp_path / "tasks" / "letters").kind.name == "several"
    said = touchstone("run", "letters", at=tmp_path, columns=120)
    assert said.code == 0, said.err
    assert "3 batches labelled" in said.out
    said = touchstone("explain", "m002", at=tmp_path, columns=120)
    assert "price" in said.out


def test_a_new_task_of_spans_runs_as_it_is(tmp_path, touchstone):
    said = touchstone("new", "letters", "--kind", "spans", at=tmp_path, columns=200)
    assert said.code == 0, said.err
    assert load_task(tmp_path / "tasks" / "letters").kind.name == "spans"
    said = touchstone("run", "letters", at=tmp_path, columns=120)
    assert said.code == 0, said.err
    assert "3 batches labelled" in said.out
    said = touchstone("explain", "m001", at=tmp_path, columns=120)
    assert "Sight: coins" in said.out


def test_one_class_an_item_is_what_new_writes_unless_told(tmp_path, touchstone):
    assert touchstone("new", "first", at=tmp_path).code == 0
    assert touchstone("new", "second", "--kind", "single", at=tmp_path).code == 0
    for name in ("first", "second"):
        assert load_task(tmp_path / "tasks" / name).kind.name == "single"


def test_a_kind_that_has_no_example_is_refused_with_those_that_have(tmp_path, touchstone):
    said = touchstone("new", "letters", "--kind", "both", at=tmp_path, columns=200)
    assert said.code == 2
    assert "'single', 'several', 'spans'" in said.err
    said = touchstone("new", "walls", "--kind", "several", "--images", at=tmp_path, columns=200)
    assert said.code == 2
    assert "leave out --images or --kind" in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("example", [EXAMPLE, EXAMPLE_SEVERAL], ids=lambda path: path.name)
def test_every_rule_of_an_example_fires_on_its_items(example):
    import csv

    import pyarrow as pa

    from assets.votes.rule_sets import load_rules
    from labeling.rules.engine import RuleSet
    from resources.store.user_sql import run_over

    task = load_task(example)
    rows = []
    for path in sorted((example / "items").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += list(csv.DictReader(file))
    marks = task.kind.marks(task.classes)
    applied = RuleSet(load_rules(task), marks).apply(pa.Table.from_pylist(rows), run_sql=run_over)
    assert len(rows) == 48
    fired = {str(voter).removeprefix("rule/") for voter in applied.votes["voter"].to_pylist()}
    assert fired == {rule.name for rule in load_rules(task)}
    assert applied.failures.num_rows == 0


def test_every_rule_of_the_example_on_spans_marks_something_in_its_items():
    import csv

    import pyarrow as pa

    from assets.votes.rule_sets import apply_rules, load_voters

    task = load_task(EXAMPLE_SPANS)
    rows = []
    for path in sorted((EXAMPLE_SPANS / "items").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += list(csv.DictReader(file))
    rules = load_voters(task)
    names = [rule.name for rule in rules]
    votes, failures = apply_rules(task, rules, pa.Table.from_pylist(rows), names)
    assert len(rows) == 48
    fired = {str(voter).removeprefix("rule/") for voter in votes["voter"].to_pylist()}
    assert fired == set(names)
    assert failures.num_rows == 0


def test_an_example_on_pictures_is_drawn_and_its_rules_see_them(tmp_path, touchstone):
    import pyarrow as pa

    from assets.votes.rule_sets import load_rules
    from labeling.items.columns import Columns
    from labeling.items.reading import read_items
    from labeling.rules.engine import RuleSet
    from labeling.rules.functions import with_pictures
    from resources.pictures import at_hand

    said = touchstone("new", "walls", "--images", at=tmp_path)
    assert said.code == 0, said.err
    assert "pictures/" in said.out
    task = load_task(tmp_path / "tasks" / "walls")
    columns = Columns("item_id", "text", "picture", "taken_at", ("place",))
    paths = sorted((task.folder / "items").glob("*.csv"))
    items = pa.concat_tables([read_items(path, columns).rows for path in paths])
    assert (len(paths), items.num_rows) == (3, 48)
    images = [at_hand(task, image) for image in items["image"].to_pylist()]
    assert all(images)
    places = [json.loads(text)["place"] for text in items["metadata"].to_pylist()]
    batch = with_pictures(items.append_column("place", pa.array(places)), images)
    applied = RuleSet(load_rules(task), task.classes).apply(batch)
    assert applied.failures.num_rows == 0
    fired = {str(voter).removeprefix("rule/") for voter in applied.votes["voter"].to_pylist()}
    assert fired == {rule.name for rule in load_rules(task)}
    for vote in applied.votes.to_pylist():
        cracked = int(vote["item_id"][1:]) % 2 == 1
        if vote["voter"] != "rule/cellar_walls_crack":
            assert (vote["label"] == "cracked") == cracked


def test_the_models_of_the_example_on_pictures_can_be_uncommented(tmp_path):
    folder = create(tmp_path, "walls", EXAMPLE_IMAGES)
    text = (folder / "task.yaml").read_text(encoding="utf-8")
    before, _, after = text.partition("# models:\n")
    models, _, rest = after.partition("\n\n")
    lines = "\n".join(line.removeprefix("# ") for line in models.splitlines())
    path = folder / "task.yaml"
    path.write_text(f"{before}models:\n{lines}\n\n{rest}", encoding="utf-8")
    spec = read_spec(folder)
    assert spec.models is not None
    assert (folder / spec.models.prompts[0]).is_file()
    assert spec.source.image_folder == "pictures"
