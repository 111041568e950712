"""``touchstone explain`` on items that were labelled, reviewed, set aside, or never came."""

import json

import pytest

from resources.store.warehouse import warehouse_of
from resources.task.task import load_task

BLANK = {
    "item": "a", "task": "t", "text": "t", "image": None,
    "as_of": None, "arrived": [], "set_aside": [],
}  # fmt: skip


def rows(ran, sql, *values):
    return warehouse_of(ran.task).ask(sql, list(values)).to_pylist()


def test_the_history_of_every_item_agrees_with_what_is_published(ran_task):
    import pyarrow.parquet as pq

    from cli.everyday.item_history import history_of

    published = pq.ParquetFile(ran_task.task.published / "labels.parquet").read().to_pylist()
    for row in published[::7]:
        history = history_of(ran_task.task, row["item_id"])
        assert (history["label"], history["decided_by"]) == (row["label"], row["decided_by"])
        assert history["batch"] == row["batch"]


def test_every_vote_stands_there_with_version_and_every_class_with_its_posterior(
    ran_task, touchstone
):
    said = touchstone("explain", "m002", "--json", at=ran_task.project)
    history = json.loads(said.out)
    stored = rows(
        ran_task,
        "from (from votes.rules union all by name from votes.models union all by name"
        " from votes.student) where item_id = 'm002'",
    )
    assert {(v["voter"], v["version"], v["label"]) for v in history["votes"]} == {
        (v["voter"], v["version"], v["label"]) for v in stored
    }
    assert all(vote["version"] for vote in history["votes"])
    assert set(history["posterior"]) == {"praise", "complaint", "question"}
    assert sum(history["posterior"].values()) == pytest.approx(1)
    silent = {row["voter"] for row in history["silent"]}
    assert silent.isdisjoint(v["voter"] for v in history["votes"])
    assert "rule/asks" in silent


def test_a_reviewed_item_is_decided_by_people_and_shows_their_answers(ran_task, touchstone):
    (reviewed,) = rows(
        ran_task, "select item_id from people.gold where origin = 'audit' order by 1 limit 1"
    )
    said = touchstone("explain", reviewed["item_id"], at=ran_task.project)
    assert "decided by people" in said.out
    assert "scripted/truth" in said.out
    assert "drawn as number" in said.out


def test_the_first_text_of_a_repeated_id_stands_and_the_second_is_told(ran_task, touchstone):
    said = touchstone("explain", "m001", at=ran_task.project, columns=200)
    assert "Thank you for the lovely reading room." in said.out
    assert "2026-03-02.csv, row 1, batch 2026-03-02" in said.out
    assert "set aside" in said.out
    assert "2026-03-03.csv, row 33" in said.out
    assert "the same id with another text" in said.out


def test_an_item_in_quarantine_is_explained_by_the_reason(ran_task, touchstone):
    said = touchstone("explain", "m900", at=ran_task.project, columns=200)
    assert said.code == 0
    assert "row 34, received_at: 'yesterday' is not a time that can be read" in said.out


@pytest.mark.parametrize("columns", [80, 120])
def test_text_of_an_item_is_never_read_as_markup(ran_task, touchstone, columns):
    said = touchstone("explain", "odd-2026-03-02", at=ran_task.project, columns=columns)
    assert ran_task.markup in " ".join(said.out.split())
    assert max(map(len, said.out.splitlines())) <= columns


def test_how_likely_a_vote_is_right_stands_beside_it_with_what_tells_it(
    ran_task, touchstone, tmp_path
):
    ran_task.copy_to(tmp_path / "project")
    task = load_task(tmp_path / "project" / "tasks" / "letters")
    with warehouse_of(task).connect() as db:
        (vote,) = db.execute("from votes.rules order by all limit 1").to_arrow_table().to_pylist()
        known = (vote["item_id"], vote["batch"], vote["voter"], 0.83, "student", "a run")
        db.execute("insert into votes.certainty values (?, ?, ?, ?, ?, ?)", known)
    said = touchstone("explain", vote["item_id"], at=tmp_path / "project", columns=200)
    assert "likely right" in said.out
    assert "0.830 by student" in said.out
    before = touchstone("explain", vote["item_id"], at=ran_task.project, columns=200)
    assert "likely right" not in before.out


def test_control_characters_do_not_reach_the_terminal(capsys):
    from rich.console import Console

    from cli.everyday.explain import _head, _plain

    history = {**BLANK, "text": "red \x1b[31m and bell \x07", "image": "walls/\x1b[2J.png"}
    history |= {"released": None, "gold": None, "audit": None, "queue": None}
    for _, told in _head(history):
        Console().print(_plain(told))
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\N{REPLACEMENT CHARACTER}[31m" in out
    assert "\N{REPLACEMENT CHARACTER}[2J.png" in out


def test_an_item_that_only_people_could_label_says_so():
    from cli.everyday.explain import _head

    released = {"label": None, "confidence": None, "decided_by": "nobody"}
    history = BLANK | {"released": released, "audit": None, "queue": None, "label": "praise"}
    history |= {"decided_by": "people", "gold": {"label": "praise", "reviews": 1}}
    history |= {"votes": [], "consensus": None, "posterior": {}, "together": {}}
    history["student"] = {"praise": 0.4, "complaint": 0.4, "question": 0.2}
    told = dict(_head(history))["label"]
    told, _, machine = told.partition("; the machine: ")
    assert told == "praise, decided by people"
    assert machine == ("undecided, decided by nobody (student alone: praise or complaint at 0.400)")
    told = dict(_head({**history, "gold": None, "label": None, "decided_by": "nobody"}))["label"]
    assert told == machine


def test_what_decided_is_shown_where_voters_and_student_only_together_name_the_class():
    from cli.everyday.explain import _head

    history = BLANK | {"audit": None, "queue": None, "gold": None, "label": "neutral"}
    history["released"] = {"label": "neutral", "confidence": 0.735, "decided_by": "student"}
    history["consensus"] = {"label": "positive"}
    history["votes"] = [{"voter": "rule/a"}, {"voter": "student"}]
    history["posterior"] = {"positive": 0.5, "neutral": 0.4, "negative": 0.1}
    history["student"] = {"negative": 0.44, "neutral": 0.42, "positive": 0.14}
    history["together"] = {"neutral": 0.735, "positive": 0.2, "negative": 0.065}
    assert dict(_head(history))["label"] == (
        "neutral, decided by student, voters and student together at 0.735"
        " (voters alone: positive at 0.500; student alone: negative at 0.440)"
    )


def test_what_voters_and_student_say_alone_of_several_classes_is_a_set():
    from cli.everyday.explain import _head

    history = BLANK | {"audit": None, "queue": None, "gold": None, "label": '["late"]'}
    history["released"] = {"label": '["late"]', "confidence": 0.6, "decided_by": "student"}
    history["consensus"] = {"label": '["broken", "late"]', "confidence": 0.5}
    history["votes"] = [
        {"voter": "rule/a", "label": "late"},
        {"voter": "student", "label": "[]", "confidence": 0.7},
    ]
    history["posterior"] = {"late": 0.9, "broken": 0.6}
    history["student"] = {"late": 0.2, "broken": 0.1}
    history["together"] = {"late": 0.8, "broken": 0.2}
    assert dict(_head(history))["label"] == (
        '["late"], decided by student, voters and student together at 0.600'
        ' (voters alone: ["broken", "late"] at 0.500; student alone: [] at 0.700)'
    )


def test_the_figure_the_label_was_taken_from_is_in_the_table(ran_task, touchstone):
    stored = rows(
        ran_task,
        "select r.item_id, r.confidence from labels.released r"
        " join labels.student_opinions s using (item_id, batch)"
        " where r.label is not null order by 1 limit 5",
    )
    assert stored
    for row in stored:
        history = json.loads(
            touchstone("explain", row["item_id"], "--json", at=ran_task.project).out
        )
        assert max(history["together"].values()) == pytest.approx(row["confidence"])
        said = touchstone("explain", row["item_id"], at=ran_task.project, columns=160)
        line = next(one for one in said.out.splitlines() if "together" in one and "class" in one)
        assert line.rstrip(" ┃").endswith("together")
        assert f"{row['confidence']:.3f}" in said.out


def test_an_unknown_id_is_refused_with_ids_that_are_like_it(ran_task, touchstone):
    said = touchstone("explain", "m0002", at=ran_task.project, columns=300)
    assert said.code == 2
    assert "no item 'm0002'" in said.err
    assert "m002 (letters)" in said.err
    assert "Traceback" not in said.err


def test_before_the_first_run_nothing_is_known_and_nothing_is_made(tmp_path, touchstone):
    from cli.new.new import create

    create(tmp_path, "fresh")
    said = touchstone("explain", "m001", at=tmp_path)
    assert said.code == 2
    assert "touchstone run" in said.err
    assert not (tmp_path / "var").exists()


def test_an_id_is_searched_for_literally(ran_task, touchstone):
    said = touchstone("explain", "m%' or 1=1 --", at=ran_task.project, columns=200)
    assert said.code == 2
    assert "no item" in said.err
