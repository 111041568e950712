"""``touchstone doctor``: each thing that can be wrong is found, told, and has a way out."""

import json
import os
import socket

import pytest

from cli.doctor import checkup
from cli.new.new import create
from resources.engines import dask_engine
from resources.store.manifest import SOURCES, sources_yml


def states(said):
    return {one["what"]: one for one in json.loads(said.out)["findings"]}


def test_a_project_that_runs_has_nothing_to_mend(ran_task, touchstone):
    said = touchstone("doctor", "--json", at=ran_task.project)
    mend = {name: f for name, f in states(said).items() if f["state"] == "mend"}
    assert mend == {}
    assert said.code == 0
    assert states(said)["letters: warehouse"]["found"].startswith("opens")


def test_whatever_is_not_fine_says_what_to_do(ran_task, touchstone):
    for one in states(touchstone("doctor", "--json", at=ran_task.project)).values():
        assert bool(one["todo"]) == (one["state"] != "fine"), one


@pytest.mark.parametrize("columns", [80, 120])
def test_the_table_fits_the_terminal(ran_task, touchstone, columns):
    said = touchstone("doctor", at=ran_task.project, columns=columns)
    assert max(map(len, said.out.splitlines())) <= columns
    assert "Nothing must be mended." in said.out


def test_a_typo_in_task_yaml_ends_with_one_and_names_line_and_field(tmp_path, touchstone):
    path = create(tmp_path, "letters") / "task.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("per_batch: 10", "per_bach: 10"))
    said = touchstone("doctor", "--json", at=tmp_path)
    assert said.code == 1
    found = states(said)["letters: task.yaml"]
    assert found["state"] == "mend"
    assert "did you mean 'per_batch'" in found["found"]


def test_an_unknown_class_in_a_rule_is_found(tmp_path, touchstone):
    path = create(tmp_path, "letters") / "rules.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("label: praise", "label: prays"))
    found = states(touchstone("doctor", "--json", at=tmp_path))["letters: rules"]
    assert found["state"] == "mend"
    assert "prays" in found["found"]


def test_a_missing_key_is_told_and_a_present_one_is_never_printed(
    tmp_path, touchstone, monkeypatch
):
    path = create(tmp_path, "letters") / "task.yaml"
    models = "\nmodels: {model: gpt-4o-mini, api_key_variable: LETTERS_KEY}\n"
    path.write_text(path.read_text(encoding="utf-8") + models)
    monkeypatch.delenv("LETTERS_KEY", raising=False)
    found = states(touchstone("doctor", "--json", at=tmp_path))["letters: models"]
    assert (found["state"], "LETTERS_KEY is not set" in found["found"]) == ("mend", True)
    monkeypatch.setenv("LETTERS_KEY", "sk-do-not-show")
    for arguments in (["doctor"], ["doctor", "--json"]):
        said = touchstone(*arguments, at=tmp_path, columns=200)
        assert "LETTERS_KEY is set" in said.out
        assert "sk-do-not-show" not in said.out + said.err


def test_a_task_that_is_named_is_looked_at_alone_also_where_it_cannot_be_read(tmp_path, touchstone):
    create(tmp_path, "letters")
    create(tmp_path, "parcels")
    (tmp_path / "tasks" / "letters" / "task.yaml").write_text("name: [", encoding="utf-8")
    for words in (["parcels"], ["tasks/parcels"], ["--task", "parcels"]):
        found = states(touchstone("doctor", *words, "--json", at=tmp_path))
        assert {name.split(":")[0] for name in found if ":" in name} == {"parcels"}
    found = states(touchstone("doctor", "letters", "--json", at=tmp_path))
    assert found["letters: task.yaml"]["state"] == "mend"
    assert "no task 'lettuce'" in touchstone("doctor", "lettuce", at=tmp_path).err


def test_a_warehouse_that_is_no_duckdb_file_is_found(tmp_path, touchstone):
    create(tmp_path, "letters")
    broken = tmp_path / "var" / "letters" / "warehouse.duckdb"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"this is no database" * 100)
    found = states(touchstone("doctor", "--json", at=tmp_path))["letters: warehouse"]
    assert found["state"] == "mend"
    assert "does not open" in found["found"]
    assert broken.read_bytes() == b"this is no database" * 100


def test_a_port_that_is_taken_is_worth_a_note(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        def up(dagster_port: int = taken.getsockname()[1]) -> None:
            """Stand in for the command."""

        monkeypatch.setattr("cli.everyday.up.up", up)
        (found,) = checkup.ports()
    assert (found.state, found.found) == ("note", "taken")
    assert "--dagster-port" in found.todo


def test_a_package_of_another_version_and_a_missing_one_are_named(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "# pins\nrich==0.0.1 \\\n    --hash=sha256:00\nno-such-package==1.0 \\\n    --hash=sha256:00\n"
    )
    found = checkup.packages(lock)
    assert found.state == "mend"
    assert "instead of 0.0.1" in found.found
    assert "no-such-package missing" in found.found


def test_a_manifest_that_is_missing_or_old_is_told(tmp_path):
    assert checkup.manifest(tmp_path).found == "it was never built"
    path = tmp_path / "target" / "manifest.json"
    path.parent.mkdir()
    sources = tmp_path / SOURCES
    sources.parent.mkdir()
    sources.write_text(sources_yml(), encoding="utf-8")
    path.write_text("{}")
    assert checkup.manifest(tmp_path).state == "fine"
    (tmp_path / "model.sql").write_text("select 1")
    os.utime(path, (1, 1))
    found = checkup.manifest(tmp_path)
    assert (found.state, found.found) == ("note", "older than model.sql")


def test_a_folder_that_cannot_be_written_to_is_found(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(checkup.tempfile, "TemporaryFile", refuse)
    found = checkup.writing(tmp_path / "var")
    assert found.state == "mend"
    assert "Permission denied" in found.found
    assert "TOUCHSTONE_VAR" in found.todo


def test_a_task_that_dagster_would_not_see_is_found(tmp_path):
    create(tmp_path, "letters")
    create(tmp_path, "mails")
    path = tmp_path / "workspace.yaml"
    text = path.read_text()
    path.write_text(text[: text.index("  - python_file:\n      relative_path: tasks/mails")])
    (found,) = checkup.workspace(tmp_path)
    assert (found.state, found.found) == ("mend", "task mails is not in it")
    path.write_text(text.replace("tasks/mails", "tasks/nails"))
    (found,) = checkup.workspace(tmp_path)
    assert (found.state, found.found) == ("mend", "tasks/nails/definitions.py does not stand")
    path.unlink()
    (found,) = checkup.workspace(tmp_path)
    assert found.state == "mend"


def test_input_that_is_missing_is_found(tmp_path, touchstone):
    folder = create(tmp_path, "letters")
    for path in (folder / "items").iterdir():
        path.unlink()
    found = states(touchstone("doctor", "--json", at=tmp_path))["letters: input"]
    assert found["state"] == "mend"
    assert "no file matches" in found["found"]


def test_a_column_that_the_files_do_not_have_is_found_with_those_they_have(tmp_path, touchstone):
    path = create(tmp_path, "letters") / "task.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("  text: text", "  text: body"))
    found = states(touchstone("doctor", "--json", at=tmp_path))["letters: input"]
    assert found["state"] == "mend"
    assert "no column 'body'; it has item_id" in found["found"]


def test_a_query_is_tried_and_its_columns_are_looked_at(tmp_path, touchstone):
    path = create(tmp_path, "letters") / "task.yaml"
    text = path.read_text(encoding="utf-8")
    for query, told in (
        ("select 1 as item_id", "the query gives no column 'text'; it gives item_id"),
        ("select from nowhere", "the query cannot be run"),
    ):
        path.write_text(text.replace('files: "items/*.csv"', f'query: "{query}"'), encoding="utf-8")
        found = states(touchstone("doctor", "--json", at=tmp_path))["letters: input"]
        assert (found["state"], told in found["found"]) == ("mend", True), found


def test_rows_that_would_be_set_aside_are_told_before_a_run(tmp_path, touchstone):
    path = min((create(tmp_path, "letters") / "items").glob("*.csv"))
    path.write_text(path.read_text(encoding="utf-8") + "x1,the other day,mail,hello\n")
    found = states(touchstone("doctor", "--json", at=tmp_path))["letters: input"]
    assert found["state"] == "note"
    assert "rows of " + path.name + " are set aside" in found["found"]
    assert "the other day" in found["found"]


def test_a_truth_that_is_missing_or_names_no_class_is_found(tmp_path, touchstone):
    folder = create(tmp_path, "letters")
    path = folder / "task.yaml"
    text = path.read_text(encoding="utf-8") + "\nreviewers:\n  scripted: {truth: truth.csv}\n"
    path.write_text(text, encoding="utf-8")
    found = states(touchstone("doctor", "--json", at=tmp_path))["letters: truth"]
    assert found["state"] == "mend"
    assert "demo.scripted.truth: no file matches" in found["found"]
    (folder / "truth.csv").write_text("item_id,label\n1,prays\n")
    found = states(touchstone("doctor", "--json", at=tmp_path))["letters: truth"]
    assert found["state"] == "mend"
    assert "'prays' is no class" in found["found"]


def test_two_classes_on_one_key_are_found_with_both_names(tmp_path, touchstone):
    path = create(tmp_path, "letters") / "task.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("key: c", "key: p"))
    found = states(touchstone("doctor", "--json", at=tmp_path))["letters: task.yaml"]
    assert found["state"] == "mend"
    assert "'praise' and 'complaint' share the key 'p'" in found["found"]


def test_an_engine_that_does_not_answer_is_found(tmp_path, touchstone, monkeypatch):
    pytest.importorskip("distributed", reason="touchstone[dask] is not installed")
    monkeypatch.setattr(dask_engine, "ANSWERS_S", 0.5)
    path = create(tmp_path, "letters") / "task.yaml"
    said = states(touchstone("doctor", "letters", "--json", at=tmp_path))["letters: scale"]
    assert (said["state"], said["found"]) == ("fine", "this process, one part after another")
    scale = "\nscale: {engine: dask, address: 'tcp://127.0.0.1:9'}\n"
    path.write_text(path.read_text(encoding="utf-8") + scale, encoding="utf-8")
    found = states(touchstone("doctor", "letters", "--json", at=tmp_path))["letters: scale"]
    assert found["state"] == "mend"
    assert "no scheduler of Dask answers at tcp://127.0.0.1:9" in found["found"]
