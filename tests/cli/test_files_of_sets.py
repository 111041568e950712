"""``touchstone consensus`` and ``estimate`` on plain files whose cells are sets of classes."""

import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from cli.file.consensus import consensus
from cli.file.estimate import estimate
from labeling.consensus.several.files import read_set_gold, read_set_votes
from labeling.errors import GoldError, LabelingError, VotesError
from labeling.quality.several.files import read_set_reviews, report_of_sets

CLASSES = ["broken", "late", "praise"]


def run(command, *arguments):
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def sets_of(table):
    return [[name for name, one in zip(CLASSES, row, strict=True) if one] for row in table]


def as_csv(path, columns):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(list(columns))
        writer.writerows(zip(*columns.values(), strict=True))
    return path


@pytest.fixture
def truth():
    return np.random.default_rng(0).random((300, 3)) < [0.2, 0.4, 0.3]


@pytest.fixture
def people(truth):
    """Three people who are wrong of one class in ten."""
    rng = np.random.default_rng(1)
    return [sets_of(truth ^ (rng.random(truth.shape) < 0.1)) for _ in range(3)]


WAYS = {
    "json": json.dumps,
    "python": str,
    "semicolons": lambda names: "; ".join(names) or "[]",
    "bars": lambda names: "|".join(names) or "[]",
}


def test_each_way_to_write_sets_makes_the_same_labels(people, truth, tmp_path):
    ids = [f"i{at}" for at in range(len(truth))]
    files = [
        as_csv(tmp_path / f"{name}.csv", {"item_id": ids, "a": list(map(way, people[0])),
               "b": list(map(way, people[1])), "c": list(map(way, people[2]))})
        for name, way in WAYS.items()
    ]  # fmt: skip
    pq.write_table(pa.table({"item_id": ids, **dict(zip("abc", people, strict=True))}),
                   tmp_path / "lists.parquet")  # fmt: skip
    (tmp_path / "lists.jsonl").write_text("".join(
        json.dumps({"item_id": one, **dict(zip("abc", said, strict=True))}) + "\n"
        for one, *said in zip(ids, *people, strict=True)
    ))  # fmt: skip
    rows = [
        (one, who, names)
        for one, *said in zip(ids, *people, strict=True)
        for who, names in zip("abc", said, strict=True)
    ]
    files.append(as_csv(tmp_path / "long.csv", {
        "item_id": [r[0] for r in rows], "voter": [r[1] for r in rows], "label": [json.dumps(r[2]) for r in rows],
    }))  # fmt: skip
    files += [tmp_path / "lists.parquet", tmp_path / "lists.jsonl"]
    written = []
    for path in files:
        out = tmp_path / f"{path.name}.labels.csv"
        assert run(consensus, path, "-o", out, "--kind", "several").exit_code == 0
        written.append(out.read_text())
    assert len(set(written)) == 1
    labels = [
        json.loads(row["label"]) for row in csv.DictReader(written[0].splitlines()) if row["label"]
    ]
    right = np.mean([a == b for a, b in zip(labels, sets_of(truth), strict=False)])
    assert len(labels) == 300
    assert right > np.mean([a == b for a, b in zip(people[0], sets_of(truth), strict=True)]) + 0.05


def test_that_nothing_applies_is_a_vote_and_an_empty_cell_is_none(tmp_path):
    path = as_csv(
        tmp_path / "v.csv", {"id": ["1", "2"], "ann": ["[]", ""], "bo": ["late;praise", "-1"]}
    )
    file = read_set_votes(path, classes=CLASSES)
    assert file.whole == [True, True]
    votes = zip(
        file.votes.item.tolist(), file.votes.voter.tolist(), file.votes.label.tolist(), strict=True
    )
    assert sorted(votes) == [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 1), (2, 0, 0), (2, 1, 1)]


def test_who_only_names_single_classes_speaks_of_these_alone(tmp_path):
    path = as_csv(tmp_path / "v.csv", {"id": ["1", "2", "3"], "lf": ["late", "not broken", ""],
                                       "ann": ["late", "[]", "praise"]})  # fmt: skip
    file = read_set_votes(path)
    assert (file.classes, file.whole) == (["broken", "late", "praise"], [False, True])
    of_rule = file.votes.voter == 0
    assert list(zip(file.votes.item[of_rule].tolist(), file.votes.label[of_rule].tolist(), strict=True)) == [
        (1, 1), (3, 0),
    ]  # fmt: skip
    assert int((~of_rule).sum()) == 9


def test_gold_corrects_and_measures_and_the_report_tells_it(people, truth, tmp_path):
    ids = [f"i{at}" for at in range(len(truth))]
    votes = as_csv(
        tmp_path / "v.csv",
        {"item_id": ids, **{f"p{at}": list(map(json.dumps, one)) for at, one in enumerate(people)}},
    )
    gold = as_csv(
        tmp_path / "g.csv",
        {"item_id": ids[:80], "label": [";".join(one) or "[]" for one in sets_of(truth[:80])]},
    )
    said = run(
        consensus,
        votes,
        "-o",
        tmp_path / "l.parquet",
        "--kind",
        "several",
        "--gold",
        gold,
        "--json",
    )
    report = json.loads(said.output)
    assert (report["kind"], report["classes"], report["gold"]["reviewed"]) == (
        "several",
        CLASSES,
        240,
    )
    assert report["gold"]["accuracy"] > 0.93
    assert report["whole_answers"] == ["p0", "p1", "p2"]
    shown = run(consensus, votes, "-o", tmp_path / "l.csv", "--kind", "several", "--gold", gold)
    assert "240 gold classes of items" in shown.output
    labels = pq.read_table(tmp_path / "l.parquet")
    assert labels.column_names == ["item_id", "label", "confidence", "p_0", "p_1", "p_2"]


@pytest.mark.parametrize(
    ("cells", "classes", "told"),
    [
        (["late", "lost"], CLASSES, "v.csv row 2: voter 'ann' says 'lost': 'lost' is no class"),
        (["late", "[late"], CLASSES, "row 2: voter 'ann' says '.late': .* begins like a list"),
        (["", ""], None, "names no class; give the names of all with --classes"),
    ],
)
def test_a_cell_that_is_no_set_of_classes_is_told_by_its_row(tmp_path, cells, classes, told):
    path = as_csv(tmp_path / "v.csv", {"id": ["1", "2"], "ann": cells})
    with pytest.raises(VotesError, match=told):
        read_set_votes(path, classes=classes)


def test_two_votes_of_one_voter_on_one_class_are_refused(tmp_path):
    path = as_csv(
        tmp_path / "v.csv",
        {"item_id": ["1"] * 3, "voter": ["lf"] * 3, "label": ["late", "praise", "not late"]},
    )
    with pytest.raises(VotesError, match="voter 'lf' votes more than once on item '1, class late'"):
        read_set_votes(path)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            {"item_id": ["1"], "label": [""]},
            "row 1: item '1' has no label; .. says that no class applies",
        ),
        ({"item_id": ["1"], "label": ["lost"]}, "row 1: item '1': 'lost' is no class"),
        ({"item_id": ["9"], "label": ["late"]}, "row 1: item '9' has no row among the votes"),
    ],
)
def test_gold_that_does_not_fit_is_told_by_its_row(tmp_path, rows, told):
    file = read_set_votes(as_csv(tmp_path / "v.csv", {"id": ["1"], "ann": ["late;praise"]}))
    with pytest.raises(GoldError, match=told):
        read_set_gold(as_csv(tmp_path / "g.csv", rows), file)


def test_other_methods_and_kinds_are_refused(tmp_path):
    path = as_csv(tmp_path / "v.csv", {"id": ["1"], "ann": ["late;praise"]})
    for more in (
        ["--kind", "many"],
        ["--kind", "several", "--method", "majority"],
        ["--kind", "several", "--classes", "3"],
    ):
        assert run(consensus, path, "-o", tmp_path / "l.csv", *more).exit_code == 2


def reviews(tmp_path, rows, **more):
    label, gold = zip(*rows, strict=True)
    return as_csv(
        tmp_path / "r.csv", {"batch": ["a"] * len(rows), "label": label, "gold": gold, **more}
    )


def test_exact_match_and_each_class_are_told(tmp_path):
    rows = (
        [("late;broken", "broken|late")] * 60
        + [("late", '["late", "broken"]')] * 20
        + [("[]", "[]")] * 20
    )
    said = json.loads(run(estimate, reviews(tmp_path, rows), "--kind", "several", "--json").output)
    assert said["overall"]["accuracy"] == pytest.approx(0.8, abs=0.01)
    broken, late = said["classes"]
    assert (broken["name"], broken["precision"]["point"], late["f1"]["point"]) == (
        "broken",
        1.0,
        1.0,
    )
    assert broken["recall"]["point"] == pytest.approx(0.75, abs=1e-6)
    assert broken["recall"]["low"] < 0.7 < 0.8 < broken["recall"]["high"]
    assert said["hamming_loss"]["point"] == pytest.approx(0.1, abs=1e-6)
    shown = run(estimate, reviews(tmp_path, rows), "--kind", "several").output
    assert "Exact match" in shown
    assert "Hamming loss" in shown


def test_items_that_were_drawn_rarely_count_for_more(tmp_path):
    rows = [("late", "late")] * 50 + [("late", "[]")] * 50
    path = reviews(tmp_path, rows, probability=[0.5] * 50 + [0.1] * 50)
    (late,) = report_of_sets(read_set_reviews(path)).classes
    assert late.precision.point == pytest.approx(100 / 600, abs=0.01)
    relative = reviews(tmp_path, rows, weight=[1] * 50 + [5] * 50)
    (again,) = report_of_sets(read_set_reviews(relative)).classes
    assert again.precision.point == pytest.approx(late.precision.point, abs=1e-3)
    own = reviews(tmp_path, rows, probability=[0.5 - at / 1000 for at in range(100)])
    assert report_of_sets(read_set_reviews(own)) is None


def test_a_table_of_sets_needs_label_and_gold(tmp_path):
    path = as_csv(tmp_path / "r.csv", {"batch": ["a"], "correct": ["1"]})
    with pytest.raises(LabelingError, match="needed are batch, label and gold"):
        read_set_reviews(path)
