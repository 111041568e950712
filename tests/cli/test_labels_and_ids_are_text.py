"""Labels, ids and batches come out of every command byte for byte, whatever file they came in."""

import csv
import json
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from cli.app import build
from labeling.errors import LabelingError
from labeling.files.columns import read_columns
from labeling.rules.conditions import parse_conditions, passes
from labeling.rules.tables import spread

HARD = [
    "01", "1", "1.0", "1e3", "true", "True", "yes", "NA", "nan", "null", "None", "2026-01-01",
    "6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "caf\u00e9", "cafe\u0301", "spam", "Spam", "spam ",
    " spam", "-5", "+1", "#N/A", "a;b", "inf",
]  # fmt: skip
NAMED = [one for one in HARD if one == one.strip()]
"""What ``--classes`` can say: it takes blanks after commas for layout."""

ENDINGS = [".csv", ".csv.gz", ".jsonl", ".parquet"]


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    if path.name.endswith((".csv", ".gz")):
        with (
            pa.CompressedOutputStream(str(path), "gzip")
            if path.suffix == ".gz"
            else path.open("wb") as out
        ):
            pyarrow.csv.write_csv(pa.Table.from_pylist(rows), out)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run(*arguments: object) -> str:
    result = CliRunner().invoke(build(), [str(one) for one in arguments], env={"COLUMNS": "300"})
    if isinstance(result.exception, LabelingError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(params=ENDINGS)
def ending(request):
    return request.param


@pytest.mark.parametrize("out", ["votes.csv", "votes.parquet"])
def test_rules_keep_ids_and_class_names(tmp_path, ending, out):
    rules = [{"name": f"r{i}", "label": one, "keyword": f"w{i}w"} for i, one in enumerate(HARD)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"classes": HARD, "rules": rules}))
    texts = [{"item_id": one, "text": f"w{i}w"} for i, one in enumerate(HARD)]
    path, gold = (
        written(tmp_path / f"texts{ending}", texts),
        [{"item_id": one, "label": one} for one in HARD],
    )
    told = run(
        "rules", tmp_path / "rules.yaml", path, "-o", tmp_path / out, "--json",
        "--gold", written(tmp_path / f"gold{ending}", gold),
    )  # fmt: skip
    assert all(row["accuracy"] == 1 for row in json.loads(told)["rules"])
    votes = (
        read(tmp_path / out) if out.endswith("csv") else pq.read_table(tmp_path / out).to_pylist()
    )
    assert [(row["item_id"], row["label"]) for row in votes] == [(one, one) for one in HARD]


@pytest.mark.parametrize("named", [False, True])
def test_consensus_keeps_ids_and_labels_of_a_row_a_vote(tmp_path, ending, named):
    labels = NAMED if named else [one for one in HARD if one != "-5"]
    votes = [
        {"item_id": one, "voter": voter, "label": one} for one in labels for voter in ("1", "01")
    ]
    gold = [{"item_id": one, "label": one} for one in labels]
    out = tmp_path / "labels.csv"
    told = run(
        "consensus", written(tmp_path / f"votes{ending}", votes), "-o", out, "--method", "majority",
        "--gold", written(tmp_path / f"gold{ending}", gold), "--json",
        *(["--classes", ",".join(labels)] if named else []),
    )  # fmt: skip
    assert [(row["item_id"], row["label"]) for row in read(out)] == [(one, one) for one in labels]
    report = json.loads(told)
    assert [row["voter"] for row in report["voters"]] == ["1", "01"]
    assert any("'spam' (2 rows) and 'Spam' (2 rows)" in one for one in report["warnings"])


def test_consensus_keeps_ids_and_named_labels_of_a_row_an_item(tmp_path, ending):
    votes = [{"key": one, "lf_a": one, "lf_b": one} for one in NAMED]
    path, out = written(tmp_path / f"votes{ending}", votes), tmp_path / "labels.csv"
    run("consensus", path, "-o", out, "--method", "majority", "--classes", ",".join(NAMED))
    assert [(row["item_id"], row["label"]) for row in read(out)] == [(one, one) for one in NAMED]


@pytest.mark.parametrize("one", [one for one in HARD if one not in ("1", "1.0")])
def test_a_row_an_item_with_a_label_that_nobody_named_is_refused_with_file_and_row(
    tmp_path, ending, one
):
    path = written(tmp_path / f"votes{ending}", [{"key": "a", "lf": "0"}, {"key": "b", "lf": one}])
    with pytest.raises(LabelingError, match=r"votes\S+ row 2: column 'lf' holds '"):
        run("consensus", path, "-o", tmp_path / "labels.csv")


@pytest.mark.parametrize("command", ["estimate", "drift"])
def test_reviews_keep_batches_items_and_classes(tmp_path, ending, command):
    reviews = [
        {"batch": batch, "item": item, "label": label, "gold": label}
        for batch in HARD
        for item, label in zip(HARD, HARD, strict=True)
    ]
    path = written(tmp_path / f"reviews{ending}", reviews)
    if command == "estimate":
        found = json.loads(run("estimate", path, "--json"))
        assert [row["name"] for row in found["batches"]] == HARD
        assert {row["name"] for row in found["classes"]} == set(HARD)
        assert found["overall"]["reviewed"] == len(HARD) ** 2
        assert found["overall"]["errors"] == 0
    else:
        found = json.loads(run("drift", path, "--target", "0.9", "--json"))
        assert [row["batch"] for row in found["series"][0]["batches"]] == HARD
        assert found["series"][0]["batches"][-1]["errors"] == 0
    assert any("differ only in case and blanks" in one for one in found["warnings"])


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([7, 8], ["7", "8"]),
        ([7.0, None], ["7"]),
        ([True, False], ["true", "false"]),
        ([date(2026, 1, 1)], ["2026-01-01"]),
    ],
)
def test_what_a_parquet_file_keeps_as_number_date_or_truth_value_has_one_text(
    tmp_path, values, texts
):
    table = pa.table(
        {"name": ["a", "b"][: len(values)], "v": ["0", "1"][: len(values)], "x": values}
    )
    pq.write_table(table, tmp_path / "votes.parquet")
    known = read_columns(tmp_path / "votes.parquet")["x"].to_pylist()
    assert [one for one in known if one is not None] == texts


def test_a_number_of_json_lines_stays_as_it_is_written(tmp_path):
    (tmp_path / "votes.jsonl").write_text(
        '{"item_id": 1.50, "voter": "a", "label": true}\n'
        '{"item_id": 12345678901234567890, "voter": "a", "label": 1e3}\n'
    )
    run("consensus", tmp_path / "votes.jsonl", "-o", tmp_path / "l.csv", "--method", "majority")
    assert [(row["item_id"], row["label"]) for row in read(tmp_path / "l.csv")] == [
        ("1.50", "true"),
        ("12345678901234567890", "1e3"),
    ]


def test_the_same_rules_and_file_vote_alike_in_a_task_and_outside():
    """A CSV has no types: conditions on numbers compare numbers, and an empty cell is missing."""
    found = pa.table({"item_id": ["a", "b", "c", "d"], "text": ["x"] * 4, **spread([
        json.dumps({"likes": one, "flag": flag})
        for one, flag in (("9", "true"), ("10", "False"), ("", ""), ("many", "no"))
    ])})  # fmt: skip
    for condition, passed in (
        ({"likes": {"min": 9}}, "ab"),
        ({"likes": {"above": 9}}, "b"),
        ({"likes": {"missing": True}}, "c"),
        ({"likes": {"not": ["9"]}}, "bd"),
        ({"likes": 10}, "b"),
        ({"flag": True}, "a"),
        ({"flag": [False, "no"]}, "bd"),
    ):
        mask = passes(found, parse_conditions(condition))
        assert "".join(np.array(list("abcd"))[mask]) == passed, condition
