"""``touchstone doctor --scale``: engines, lakes and databases of large batches, in words."""

import json
from importlib import metadata

import pytest

from cli.doctor import scale
from cli.new.new import create
from labeling.state.postgres import PostgresSchema
from resources.task.task import load_task


def states(said):
    return {one["what"]: one for one in json.loads(said.out)["findings"]}


def test_a_task_of_one_process_and_one_file_says_so(ran_task, touchstone):
    said = touchstone("doctor", "letters", "--scale", "--json", at=ran_task.project)
    assert said.code == 0
    found = states(said)
    assert found["letters: engine"]["found"].startswith("this process")
    assert found["letters: store"]["found"].startswith("opens")
    assert "memory free" in found["this machine"]["found"]
    assert not any("port" in name or "rules" in name for name in found)


@pytest.mark.parametrize(
    ("said_in_task", "extra"),
    [
        ("scale: {engine: dask}", "dask"),
        ("scale: {engine: ray, address: 'ray://127.0.0.1:9'}", "ray"),
        ("store: {lake: {catalog: l.ducklake, data: l}}", "lake"),
        ("state: {postgres: 'postgres://me@127.0.0.1:1/kept'}", "postgres"),
    ],
)
def test_a_missing_extra_is_to_be_mended_where_a_task_needs_it(
    tmp_path, touchstone, monkeypatch, said_in_task, extra
):
    def missing(name: str) -> str:
        if name in scale.EXTRAS[extra]:
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    create(tmp_path, "parcels")
    monkeypatch.setattr(metadata, "version", missing)
    found = scale.installed(extra, [])
    assert (found.state, found.todo) == ("note", f"pip install 'touchstone[{extra}]'")
    path = create(tmp_path, "letters") / "task.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{said_in_task}\n", encoding="utf-8")
    monkeypatch.setattr(PostgresSchema, "look", lambda _: None)
    monkeypatch.setattr(scale, "scale", lambda _: scale.Finding("", "fine", ""))
    found = states(touchstone("doctor", "--scale", "--json", at=tmp_path))[f"touchstone[{extra}]"]
    assert found["state"] == "mend"
    assert "letters cannot run without" in found["found"]


def test_a_state_that_does_not_answer_hides_nothing_else(tmp_path, touchstone):
    path = create(tmp_path, "letters") / "task.yaml"
    said = path.read_text(encoding="utf-8")
    path.write_text(f"{said}\nstate: {{postgres: 'postgres://me@127.0.0.1:1/kept'}}\n")
    found = states(touchstone("doctor", "--scale", "--json", at=tmp_path))
    assert found["letters: state"]["state"] == "mend"
    assert "does not answer" in found["letters: state"]["found"]
    assert found["letters: engine"]["state"] == "fine"
    assert "letters: store" in found
    assert "Dagster" in found
    found = states(touchstone("doctor", "letters", "--json", at=tmp_path))
    assert found["letters: state"]["state"] == "mend"
    assert found["letters: input"]["state"] == "fine"
    assert [one["found"] for one in found.values()].count(found["letters: state"]["found"]) == 1
    assert "letters: task.yaml" not in found


def test_answers_that_lie_elsewhere_are_told_and_no_console_opens_without_them(
    tmp_path, touchstone
):
    task = load_task(create(tmp_path, "letters"))
    task.var.mkdir(parents=True)
    (task.var / "state.txt").write_text("postgres://me@db/kept\n")
    found = states(touchstone("doctor", "--scale", "--json", at=tmp_path))["letters: state"]
    assert found["state"] == "mend"
    assert "where they are not read" in found["found"]
    said = touchstone("review", "letters", at=tmp_path)
    assert said.code == 2
    assert "where they are not read" in " ".join(said.err.split())


def test_a_cluster_that_does_not_answer_is_to_be_mended(tmp_path, touchstone, monkeypatch):
    path = create(tmp_path, "letters") / "task.yaml"
    path.write_text(
        f"{path.read_text(encoding='utf-8')}\nscale: {{engine: dask, address: 'tcp://127.0.0.1:9'}}\n"
    )
    monkeypatch.setattr("cli.doctor.task_checkup.PATIENCE_S", 0.5)
    said = touchstone("doctor", "--scale", "--json", at=tmp_path)
    assert said.code == 1
    assert "no scheduler of Dask answers" in states(said)["letters: engine"]["found"]
