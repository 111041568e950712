"""``touchstone import`` of what other tools export: every answer lands on its item, or is told."""

import csv
import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resources.reviews.store import ReviewStore
from resources.store.warehouse import Warehouse


@dataclass
class Project:
    """A task that has run, its first items, and the answer that a file gives to each."""

    folder: object
    task: object
    items: list

    def reviews(self):
        store = ReviewStore(self.task.reviews)
        try:
            return store.reviews().to_pylist()
        finally:
            store.close()

    def imported(self):
        """Return (item_id, batch, label) of what people of other tools said."""
        return [
            (one["item_id"], one["batch"], one["label"])
            for one in self.reviews()
            if one["reviewer"] != "scripted" and not one["reviewer"].startswith("scripted")
        ]

    def put_up(self):
        store = ReviewStore(self.task.reviews)
        with store.database.read() as db:
            rows = db.execute("select item_id, text from items").fetchall()
        store.close()
        return {row["item_id"]: row["text"] for row in rows}


@pytest.fixture
def project(ran_task, tmp_path):
    from resources.task.task import load_task

    folder = tmp_path / "project"
    ran_task.copy_to(folder)
    task = load_task(folder / "tasks" / "letters")
    for path in task.var.glob("reviews.sqlite*"):
        path.unlink()
    rows = Warehouse(path=str(task.warehouse)).ask(
        "select item_id, batch, text from raw.items where text ilike '%the%' order by item_id limit 4"
    )
    labels = ["praise", "complaint", "question", "praise"]
    items = [{**row, "said": label} for row, label in zip(rows.to_pylist(), labels, strict=True)]
    return Project(folder, task, items)


def as_lines(path, records):
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")


def as_json(path, records):
    path.write_text(json.dumps(records), encoding="utf-8")


def as_csv(path, records):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]), quoting=csv.QUOTE_NONNUMERIC)
        writer.writeheader()
        writer.writerows(records)


def studio_task(number, item, control="sentiment", key="review"):
    result = {"id": "x1", "from_name": control, "to_name": key, "type": "choices",
              "value": {"choices": [item["said"]]}}  # fmt: skip
    return {
        "id": number, "data": {key: item["text"]}, "project": 3, "predictions": [],
        "annotations": [{
            "id": 100 + number, "completed_by": 4, "result": [result], "was_cancelled": False,
            "lead_time": 3.5, "created_at": "2026-03-04T10:00:00.0Z", "updated_at": "2026-03-04T10:00:01.0Z",
        }],
    }  # fmt: skip


def studio_row(number, item):
    return {
        "review": item["text"], "id": number, "mood": item["said"], "annotator": 4,
        "annotation_id": 100 + number, "created_at": "2026-03-04T10:00:00.0Z",
        "updated_at": "2026-03-04T10:00:01.0Z", "lead_time": 3.5,
    }  # fmt: skip


def prodigy_task(number, item):
    return {
        "text": item["text"], "_input_hash": number, "_task_hash": -number,
        "options": [{"id": one, "text": one.title()} for one in ("praise", "complaint", "question")],
        "accept": [item["said"]], "config": {"choice_style": "single"}, "answer": "accept",
        "_timestamp": 1772618400 + number, "_annotator_id": "set-anna", "_session_id": "set-anna",
    }  # fmt: skip


def argilla_record(number, item):
    return {
        "id": f"0000{number}", "fields": {"prompt": item["text"]}, "metadata": {"source": "x"},
        "suggestions": {"kind": {"value": "praise", "score": None, "agent": "m"}},
        "responses": {"kind": [{"value": item["said"], "user_id": "u1"}]}, "vectors": {},
        "_server_id": "s",
    }  # fmt: skip


def argilla_flat(number, item):
    return {
        "id": f"0000{number}", "status": "completed", "_server_id": "s", "prompt": item["text"],
        "kind.responses": [item["said"], "praise"], "kind.responses.users": ["u1", "u2"],
        "kind.responses.status": ["submitted", "draft"], "kind.suggestion": "praise",
    }  # fmt: skip


def old_argilla(number, item):
    return {
        "id": str(number), "text": item["text"], "inputs": {"text": item["text"]}, "prediction": None,
        "annotation": item["said"], "annotation_agent": "anna", "status": "Validated",
    }  # fmt: skip


def doccano(number, item):
    return {"id": number, "text": item["text"], "label": [item["said"]], "Comments": []}


def doccano_row(number, item):
    return {"id": number, "text": item["text"], "label": item["said"], "Comments": ""}


FILES = [
    pytest.param("a.json", as_json, studio_task, "Label Studio JSON", id="label-studio-json"),
    pytest.param(
        "a.json", as_json, studio_row, "Label Studio JSON-MIN", id="label-studio-json-min"
    ),
    pytest.param("a.csv", as_csv, studio_row, "Label Studio CSV", id="label-studio-csv"),
    pytest.param("anna.jsonl", as_lines, doccano, "doccano", id="doccano-jsonl"),
    pytest.param("anna.json", as_json, doccano, "doccano", id="doccano-json"),
    pytest.param("anna.csv", as_csv, doccano_row, "doccano", id="doccano-csv"),
    pytest.param("a.jsonl", as_lines, prodigy_task, "Prodigy", id="prodigy"),
    pytest.param("a.json", as_json, argilla_record, "Argilla", id="argilla-json"),
    pytest.param("a.jsonl", as_lines, argilla_flat, "Argilla", id="argilla-flat"),
    pytest.param("a.jsonl", as_lines, old_argilla, "Argilla", id="argilla-1"),
]


@pytest.mark.parametrize(("name", "write", "record", "kind"), FILES)
def test_answers_of_other_tools_land_on_the_items_that_have_the_text(
    project, touchstone, tmp_path, name, write, record, kind
):
    path = tmp_path / name
    write(path, [record(n, item) for n, item in enumerate(project.items, start=1)])
    tried = touchstone("import", str(path), "--dry-run", at=project.folder, columns=300)
    assert (tried.code, tried.err) == (0, "")
    assert f"Read as {kind}, 4 rows" in tried.out
    assert ": label" in tried.out
    assert "Answers: complaint 1, praise 2, question 1" in tried.out
    assert not project.task.reviews.exists() or not project.reviews()
    said = touchstone("import", str(path), at=project.folder, columns=300)
    assert (said.code, said.err) == (0, "")
    assert project.imported() == [
        (one["item_id"], one["batch"], one["said"]) for one in project.items
    ]
    assert project.put_up() == {one["item_id"]: one["text"] for one in project.items}
    assert "4 new reviews" in said.out
    assert "only teach" in said.out
    again = touchstone("import", str(path), at=project.folder, columns=300)
    assert "0 new reviews" in again.out


def test_an_id_and_batch_of_the_task_inside_label_studios_data_are_taken(
    project, touchstone, tmp_path
):
    tasks = []
    for number, item in enumerate(project.items, start=1):
        task = studio_task(number, item)
        task["data"] |= {"item_id": item["item_id"], "batch": item["batch"]}
        tasks.append(task)
    tasks.append({"id": 9, "data": {"review": project.items[0]["text"]}, "annotations": None})
    as_json(tmp_path / "a.json", tasks)
    assert touchstone("import", str(tmp_path / "a.json"), at=project.folder).code == 0
    assert project.imported() == [
        (one["item_id"], one["batch"], one["said"]) for one in project.items
    ]


def test_a_tools_number_that_is_an_items_id_never_lands_on_another_text(
    project, touchstone, tmp_path
):
    first, second = project.items[:2]
    record = {"id": second["item_id"], "text": first["text"], "label": [first["said"]]}
    as_lines(tmp_path / "a.jsonl", [record])
    assert touchstone("import", str(tmp_path / "a.jsonl"), at=project.folder).code == 0
    assert project.imported() == [(first["item_id"], first["batch"], first["said"])]
    as_lines(tmp_path / "b.jsonl", [{**record, "item_id": second["item_id"], "label": "praise"}])
    said = touchstone("import", str(tmp_path / "b.jsonl"), at=project.folder, columns=300)
    assert said.code == 2
    assert "has another text" in said.err


def test_a_table_of_ids_and_labels_needs_no_reviewer_and_gets_the_texts(
    project, touchstone, tmp_path
):
    rows = [
        {k: one[k] for k in ("item_id", "batch")} | {"label": one["said"]} for one in project.items
    ]
    as_csv(tmp_path / "a.csv", rows)
    said = touchstone("import", str(tmp_path / "a.csv"), "--reviewer", "anna", at=project.folder)
    assert (said.code, said.err) == (0, "")
    assert project.imported() == [
        (one["item_id"], one["batch"], one["said"]) for one in project.items
    ]
    assert {one["reviewer"] for one in project.reviews()} == {"anna"}
    assert project.put_up() == {one["item_id"]: one["text"] for one in project.items}


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_table_without_batches_takes_them_from_the_items(project, touchstone, tmp_path, ending):
    rows = [{"item_id": one["item_id"], "label": one["said"]} for one in project.items]
    path = tmp_path / f"a.{ending}"
    as_lines(path, rows) if ending == "jsonl" else pq.write_table(pa.Table.from_pylist(rows), path)
    assert touchstone("import", str(path), at=project.folder).code == 0
    assert project.imported() == [
        (one["item_id"], one["batch"], one["said"]) for one in project.items
    ]


@pytest.mark.parametrize("numbers", [True, False])
def test_an_array_of_labels_goes_with_the_rows_of_another_file(
    project, touchstone, tmp_path, numbers
):
    classes = project.task.classes
    labels = [classes.index(one["said"]) if numbers else one["said"] for one in project.items]
    np.save(tmp_path / "y.npy", np.array(labels))
    as_csv(tmp_path / "items.csv", [{"item_id": one["item_id"]} for one in project.items])
    alone = touchstone("import", str(tmp_path / "y.npy"), at=project.folder)
    assert alone.code == 2
    assert "--items" in alone.err
    said = touchstone(
        "import", str(tmp_path / "y.npy"), "--items", str(tmp_path / "items.csv"), at=project.folder
    )
    assert (said.code, said.err) == (0, "")
    assert project.imported() == [
        (one["item_id"], one["batch"], one["said"]) for one in project.items
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"item_id": "nobody"}, "the task has no item 'nobody'"),
        ({"batch": "1999-01-01"}, "not in '1999-01-01'"),
    ],
)
def test_unknown_ids_and_batches_are_refused_and_can_be_left_out(
    project, touchstone, tmp_path, change, told
):
    rows = [
        {k: one[k] for k in ("item_id", "batch")} | {"label": one["said"]} for one in project.items
    ]
    rows[1] |= change
    as_csv(tmp_path / "a.csv", rows)
    said = touchstone("import", str(tmp_path / "a.csv"), at=project.folder, columns=300)
    assert said.code == 2
    assert told in said.err
    assert "--unknown skip" in said.err
    assert not project.task.reviews.exists() or not project.reviews()
    said = touchstone(
        "import", str(tmp_path / "a.csv"), "--unknown", "skip", at=project.folder, columns=300
    )
    assert said.code == 0
    assert "1 row is left out" in said.out
    assert [one[0] for one in project.imported()] == [
        one["item_id"] for at, one in enumerate(project.items) if at != 1
    ]


def test_items_of_a_file_can_be_kept_but_never_under_an_id_with_another_text(
    project, touchstone, tmp_path
):
    rows = [{"id": 1, "text": "A new letter.", "label": ["praise"]},
            {"id": 1, "text": "Another new letter.", "label": ["praise"]}]  # fmt: skip
    as_lines(tmp_path / "a.jsonl", rows)
    said = touchstone(
        "import", str(tmp_path / "a.jsonl"), "--unknown", "keep", at=project.folder, columns=300
    )
    assert said.code == 0
    assert "item '1' has another text" in said.out
    assert project.put_up() == {"1": "A new letter."}


def several(item):
    task = studio_task(1, item)
    task["annotations"][0]["result"][0]["value"]["choices"] = ["praise", "complaint"]
    return [task]


@pytest.mark.parametrize(
    ("name", "write", "records", "told"),
    [
        ("a.json", as_json, several, "sentiment holds 2 labels (praise, complaint)"),
        ("a.jsonl", as_lines, lambda item: [doccano(1, item) | {"label": ["praise", "question"]}],
         "label holds 2 labels"),
        ("a.csv", as_csv, lambda item: [doccano_row(1, item) | {"label": "praise#question"}],
         "label holds 2 labels"),
        ("a.jsonl", as_lines, lambda item: [doccano(1, item) | {"label": [[0, 3, "praise"]]}],
         "holds spans"),
        ("a.jsonl", as_lines,
         lambda item: [{"id": 1, "text": item["text"], "annotations": [{"label": 2, "user": 1}]}],
         "numbers of classes without their names"),
        ("a.jsonl", as_lines, lambda item: [prodigy_task(1, item) | {"accept": ["praise", "x"]}],
         "accept holds 2 labels"),
        ("a.json", as_json, lambda item: [studio_task(1, item | {"said": "anger"})],
         "'anger' is no class"),
        ("a.json", as_json, lambda item: [{"id": 1, "data": [item["text"]]}], "has no data"),
        ("a.json", as_json, lambda item: [{"text": item["text"]}], "there is no column label"),
        ("a.jsonl", as_lines, lambda item: [{"text": item["text"], "spans": [], "answer": "accept",
                                             "_input_hash": 1}], "neither a choice"),
    ],
)  # fmt: skip
def test_what_is_no_single_class_is_refused_without_a_traceback(
    project, touchstone, tmp_path, name, write, records, told
):
    write(tmp_path / name, records(project.items[0]))
    said = touchstone("import", str(tmp_path / name), at=project.folder, columns=300)
    assert said.code == 2
    assert told in said.err
    assert "Traceback" not in said.err
    assert not project.task.reviews.exists() or not project.reviews()


def test_rejected_and_ignored_answers_of_prodigy_are_no_labels(project, touchstone, tmp_path):
    tasks = [prodigy_task(n, item) for n, item in enumerate(project.items, start=1)]
    tasks[0]["answer"], tasks[1]["answer"] = "reject", "ignore"
    as_lines(tmp_path / "a.jsonl", tasks)
    assert touchstone("import", str(tmp_path / "a.jsonl"), at=project.folder).code == 0
    assert [one[2] for one in project.imported()] == [None, None, "question", "praise"]


def test_items_that_were_drawn_at_random_measure_once_that_is_declared(
    project, touchstone, tmp_path
):
    from assets.people.audit import draw

    warehouse = Warehouse(path=str(project.task.warehouse))
    batch = project.items[0]["batch"]
    ids = warehouse.ask(
        "select item_id from labels.released where batch = ? and label is not null order by item_id",
        [batch],
    )["item_id"].to_pylist()
    drawn = [one for n, one in enumerate(ids) if n % 2]
    as_csv(
        tmp_path / "gold.csv",
        [{"item_id": one, "batch": batch, "label": "praise"} for one in drawn],
    )
    before = draw(project.task, warehouse, batch)["dagster/partition_row_count"]
    warehouse.close()
    wrong = touchstone(
        "import", str(tmp_path / "gold.csv"), "--random", "0.01", at=project.folder, columns=300
    )
    assert wrong.code == 2
    assert "hardly gives" in wrong.err
    said = touchstone("import", str(tmp_path / "gold.csv"), "--random", "0.5", at=project.folder)
    assert (said.code, said.err) == (0, "")
    assert "declared to be drawn at random" in said.out
    found = draw(project.task, warehouse, batch)
    sample = warehouse.ask("from people.audit_sample where batch = ? order by draw", [batch])
    assert set(drawn) <= set(sample["item_id"].to_pylist())
    assert found["dagster/partition_row_count"] == before + found["drawn_elsewhere"]
    assert sample["probability"].to_pylist() == pytest.approx(
        [sample.num_rows / len(ids)] * sample.num_rows
    )
    again = touchstone("import", str(tmp_path / "gold.csv"), "--random", "0.5", at=project.folder)
    assert "0 new reviews" in again.out
    draw(project.task, warehouse, batch)
    assert (
        warehouse.ask("from people.audit_sample where batch = ? order by draw", [batch]) == sample
    )


def test_a_run_takes_declared_items_into_the_sample_and_measures_with_them(
    project, ran_task, touchstone, tmp_path
):
    from orchestration.planning import batches_with_new_reviews
    from orchestration.running import run_task

    warehouse = Warehouse(path=str(project.task.warehouse))
    batch = project.items[0]["batch"]
    ids = warehouse.ask(
        "select item_id from labels.released where batch = ? and label is not null", [batch]
    )["item_id"].to_pylist()
    warehouse.close()
    rows = [{"item_id": i, "batch": batch, "label": ran_task.truth[i]} for i in ids]
    as_csv(tmp_path / "g.csv", rows)
    assert touchstone("import", str(tmp_path / "g.csv"), at=project.folder).code == 0
    run_task(project.task, lambda *_: None)
    assert (
        touchstone("import", str(tmp_path / "g.csv"), "--random", "1", at=project.folder).code == 0
    )
    assert batches_with_new_reviews(project.task, warehouse)[0] == batch
    run_task(project.task, lambda *_: None)
    assert batches_with_new_reviews(project.task, warehouse) == []
    gold = warehouse.ask("from people.gold where batch = ? and origin = 'audit'", [batch])
    assert set(ids) <= set(gold["item_id"].to_pylist())
    assert set(gold["probability"].to_pylist()) == {1.0}


def verdicts(project):
    """Return rows as a colleague's table has them: the label under a name of its own."""
    return [
        {
            "item_id": one["item_id"],
            "batch": one["batch"],
            "text": one["text"],
            "verdict": one["said"],
        }
        for one in project.items
    ]


def write_rows(path, rows):
    if path.suffix == ".csv":
        as_csv(path, rows)
    elif path.suffix == ".jsonl":
        as_lines(path, rows)
    elif path.suffix == ".json":
        as_json(path, rows)
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize("without", ["", "batch", "item_id", "text"])
@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".json", ".parquet"])
def test_a_label_under_another_name_is_asked_for_and_then_taken(
    project, touchstone, tmp_path, ending, without
):
    rows = [{k: v for k, v in row.items() if k != without} for row in verdicts(project)]
    path = write_rows(tmp_path / f"a{ending}", rows)
    said = touchstone("import", str(path), at=project.folder, columns=400)
    assert said.code == 2
    assert f"the columns are {', '.join(rows[0])}" in said.err
    assert (
        "'verdict' holds only classes of the task: if people gave them, say --label verdict"
        in said.err
    )
    assert touchstone("import", str(path), "--label", "verdict", at=project.folder).code == 0
    assert project.imported() == [
        (one["item_id"], one["batch"], one["said"]) for one in project.items
    ]


@pytest.mark.parametrize("more", [{}, {"id": 1}, {"label": "praise"}, {"id": 1, "label": "praise"}])
@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".json"])
def test_the_column_that_is_named_is_taken_though_the_file_looks_like_another_tools(
    project, touchstone, tmp_path, ending, more
):
    path = write_rows(tmp_path / f"a{ending}", [row | more for row in verdicts(project)])
    said = touchstone("import", str(path), "--label", "verdict", at=project.folder, columns=300)
    assert (said.code, said.err) == (0, "")
    assert [label for _, _, label in project.imported()] == [one["said"] for one in project.items]


def test_further_columns_beside_item_batch_and_label_are_not_used(project, touchstone, tmp_path):
    rows = [
        {"item_id": one["item_id"], "batch": one["batch"], "label": one["said"], "team": "x"}
        for one in project.items
    ]
    path = write_rows(tmp_path / "a.csv", rows)
    said = touchstone("import", str(path), "--dry-run", at=project.folder)
    assert "team: not used" in said.out
    assert touchstone("import", str(path), at=project.folder).code == 0
    assert len(project.imported()) == len(rows)


@pytest.mark.parametrize(
    ("row", "arguments", "told"),
    [
        ({"verdict": "praise", "model": "question"}, [],
         "'verdict' and 'model' hold only classes of the task: if people gave them, say --label verdict"),
        ({"comment": "praise, I think", "label": "praise"}, [],
         "has another text than 'comment' says (leave that column out if it is no text)"),
        ({"verdict": "good"}, [], "Say --label NAME if another column holds the labels"),
        ({"verdict": "praise"}, ["--label", "verdikt"],
         "there is no column verdikt; the columns are item_id, batch, verdict. 'verdict' holds only"),
        ({"origin": "audit", "probabilty": "0.1", "label": "praise"}, [], "column 'probabilty' is unknown"),
        ({"origin": "audit", "verdict": "praise"}, [], "say --label NAME: the column that holds the"),
    ],
)  # fmt: skip
def test_a_table_whose_label_cannot_be_told_says_what_was_found(
    project, touchstone, tmp_path, row, arguments, told
):
    item = {k: project.items[0][k] for k in ("item_id", "batch")}
    path = write_rows(tmp_path / "a.csv", [item | row])
    said = touchstone("import", str(path), *arguments, at=project.folder, columns=600)
    assert said.code == 2
    assert told in said.err
    assert not project.task.reviews.exists() or not project.reviews()
