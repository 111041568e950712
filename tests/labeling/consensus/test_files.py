import csv
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from labeling.consensus.counts.posterior import decided
from labeling.consensus.files import read_gold, read_votes, write_labels
from labeling.consensus.label_model import LabelModel
from labeling.errors import GoldError, LabelingError, VotesError

WIDE = "doc,lf_a,lf_b,note\n007,0,-1,x\n8,1,1,y\n9,,,z\n"
LONG = "item_id,voter,label,confidence\na,rule,1,0.9\nb,rule,0,\na,model,0,0.2\nc,model,-1,\n"


def put(folder: Path, text: str, name: str = "votes.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def as_parquet(path: Path) -> Path:
    out = path.with_suffix(".parquet")
    pq.write_table(pyarrow.csv.read_csv(path), out)
    return out


def test_wide_votes_are_read_with_their_names(tmp_path):
    file = read_votes(put(tmp_path, WIDE), ignore=["note"])
    assert file.votes.to_matrix().tolist() == [[0, -1], [1, 1], [-1, -1]]
    assert file.item_ids.to_pylist() == ["007", "8", "9"]
    assert file.voters == ["lf_a", "lf_b"]
    assert file.classes == ["0", "1"]


def test_voters_can_be_chosen_by_wildcard(tmp_path):
    assert read_votes(put(tmp_path, WIDE), voters=["lf_*"]).voters == ["lf_a", "lf_b"]
    assert read_votes(put(tmp_path, WIDE), voters=["lf_*"], ignore=["*_a"]).voters == ["lf_b"]


def test_the_id_may_stand_anywhere(tmp_path):
    path = put(tmp_path, "lf_a,key,lf_b\n0,k1,1\n1,k2,1\n")
    file = read_votes(path, item_column="key")
    assert (file.item_ids.to_pylist(), file.voters) == (["k1", "k2"], ["lf_a", "lf_b"])


def test_long_votes_are_read_with_confidences(tmp_path):
    file = read_votes(put(tmp_path, LONG))
    assert file.item_ids.to_pylist() == ["a", "b", "c"]
    assert file.voters == ["rule", "model"]
    assert file.votes.to_matrix().tolist() == [[1, 0], [0, -1], [-1, -1]]
    assert file.votes.confidence is not None
    assert file.votes.confidence.tolist() == pytest.approx([0.9, np.nan, 0.2], nan_ok=True)


@pytest.mark.parametrize(
    "text", [WIDE.replace(",note", "").replace(",x", "").replace(",y", "").replace(",z", ""), LONG]
)
def test_parquet_says_the_same_as_csv(tmp_path, text):
    path = put(tmp_path, text.replace("007", "7"))
    one, other = read_votes(path), read_votes(as_parquet(path))
    assert np.array_equal(one.votes.to_matrix(), other.votes.to_matrix())
    assert one.item_ids.to_pylist() == other.item_ids.to_pylist()


def test_names_of_classes_are_read_in_long_files(tmp_path):
    path = put(tmp_path, "item,voter,label\n1,a,SPAM\n1,b,HAM\n2,a,SPAM\n")
    assert read_votes(path).classes == ["HAM", "SPAM"]
    assert read_votes(path).votes.label.tolist() == [1, 0, 1]
    assert read_votes(path, classes=["SPAM", "HAM"]).votes.label.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (WIDE, {}, r"row 1: column 'note' holds 'x', which is no class.*--voters '!note'"),
        (
            WIDE,
            {"ignore": ["nope*"]},
            r"no column matches 'nope\*'; the columns are lf_a, lf_b, note",
        ),
        (WIDE, {"item_column": "id"}, r"no column 'id'; it has doc, lf_a, lf_b, note"),
        (WIDE, {"ignore": ["*"]}, r"no voter left besides the id column 'doc'"),
        ("id,a,gold\n1,0,1\n", {}, r"column 'gold' looks like the truth.*--voters '!gold'"),
        ("id,a\n1,0\n1,1\n", {}, r"id '1' stands on 2 rows, 1 ids stand more than once"),
        ("id,a\n1,0\n,1\n", {}, r"row 2: 'id' is empty"),
        (
            "id,a\n1,0\n2,-3\n",
            {},
            r"row 2: column 'a' holds '-3', which is none of the classes 0, 1",
        ),
        (
            "id,a\n1,0\n2,4\n",
            {"classes": 3},
            r"row 2: column 'a' holds '4', .*allowed are '0', '1', '2'.*1 such",
        ),
        ("id,a\n1,0.5\n", {}, r"row 1: column 'a' holds .*0\.5"),
        ("id,a\n1,true\n", {}, r"row 1: column 'a' holds 'true', which is no class.*--classes"),
        ("id,when\n1,1384000000\n", {}, r"would make 1384000001 classes.*--voters '!COLUMN'"),
        (
            "id,a\n1,0\n",
            {"classes": 1},
            r"--classes is 1, but a consensus needs at least 2 classes",
        ),
        (
            "id,a\n1,0\n",
            {"classes": 0},
            r"--classes is 0, but a consensus needs at least 2 classes",
        ),
        ("id,a\n1,0\n", {"classes": -3}, r"--classes is -3, but a consensus needs at least 2"),
        ("id,a\n1,0\n", {"classes": 10**9}, r"--classes is 1,000,000,000, but .* at most 2,000;"),
        ("id,a\n1,0\n", {"classes": 2_001}, r"--classes is 2,001, but .* at most 2,000;"),
        ("id,voter,label\n1,a,x\n", {"classes": 10**9, "item_column": "id"}, r"at most 2,000;"),
        (
            "id,a\n1,999999999\n",
            {},
            r"1000000000 classes. Name columns that are no voters as in --voters '!COLUMN'$",
        ),
        ("id,a\n1,0\n", {"classes": ["x", "x"]}, r"class 'x' stands twice in x, x"),
        ("voter,label\na,1\n", {}, r"no column 'item_id' or 'item' for the item.*--id"),
        (
            "item,voter,label\n1,a,0\n1,a,1\n",
            {},
            r"voter 'a' votes more than once on item '1'",
        ),
        ("item,voter,label\n1,,0\n", {}, r"row 1: 'voter' is empty"),
        ("item,voter,label,confidence\n1,a,0,1.5\n", {}, r"confidences lie in 0\.\.1"),
    ],
)
def test_what_is_wrong_is_told_in_the_files_own_words(tmp_path, text, options, message):
    with pytest.raises(LabelingError, match=message):
        read_votes(put(tmp_path, text), **options)


def test_files_that_are_missing_or_of_another_kind_are_told(tmp_path):
    with pytest.raises(LabelingError, match="there is no file"):
        read_votes(tmp_path / "nope.csv")
    with pytest.raises(LabelingError, match=r"is neither \.csv"):
        read_votes(put(tmp_path, "x", "votes.xlsx"))
    with pytest.raises(LabelingError, match="cannot be read"):
        read_votes(put(tmp_path, "x", "votes.parquet"))
    with pytest.raises(LabelingError, match="cannot be read"):
        read_votes(put(tmp_path, "id,a\n1,2,3,4\n"))


def test_gold_is_matched_by_id(tmp_path):
    file = read_votes(put(tmp_path, WIDE), ignore=["note"])
    gold = read_gold(put(tmp_path, "label,item_id\n1,9\n0,007\n", "gold.csv"), file)
    assert (gold.item.tolist(), gold.label.tolist()) == ([2, 0], [1, 0])
    assert gold.probability == pytest.approx([2 / 3, 2 / 3])
    text = "item_id,label,probability\n9,1,0.25\n"
    assert read_gold(put(tmp_path, text, "gold.csv"), file).probability == pytest.approx([0.25])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("item_id,label\n9,1\n77,0\n", r"row 2: item '77' has no row among the votes; 1 such"),
        ("item_id,label\n9,1\n9,0\n", r"item_id '9' stands on 2 rows"),
        (
            "item_id,label\n9,5\n",
            r"row 1: column 'label' holds '5', which is no class; allowed are '0', '1'\.",
        ),
        ("item_id,label\n9,\n8,1\n", r"row 1: item '9' has no label"),
        ("id,label\n9,1\n", r"no column 'item_id'; it has id, label"),
        ("item_id,label,probability\n9,1,0\n", r"inclusion probability 0\.0"),
    ],
)
def test_gold_that_cannot_be_used_is_told(tmp_path, text, message):
    file = read_votes(put(tmp_path, WIDE), ignore=["note"])
    with pytest.raises(GoldError, match=message):
        read_gold(put(tmp_path, text, "gold.csv"), file)


def test_undecided_items_have_an_empty_label_and_the_prior(tmp_path):
    file = read_votes(put(tmp_path, WIDE), ignore=["note"])
    model = LabelModel(2, class_balance=[0.7, 0.3]).fit(file.votes)
    posterior = model.predict_proba(file.votes)
    out = tmp_path / "labels.csv"
    write_labels(out, file, decided(posterior, file.votes), posterior)
    with out.open() as lines:
        rows = list(csv.DictReader(lines))
    assert [row["label"] for row in rows] == ["0", "1", ""]
    assert rows[2]["confidence"] == ""
    assert [float(rows[2]["p_0"]), float(rows[2]["p_1"])] == pytest.approx([0.7, 0.3])
    assert list(rows[0]) == ["item_id", "label", "confidence", "p_0", "p_1"]
    assert rows[0]["item_id"] == "007"


def test_nothing_is_left_behind_when_writing_fails(tmp_path):
    file = read_votes(put(tmp_path, WIDE), ignore=["note"])
    label, posterior = np.array([0, 1, -1]), np.full((3, 2), 0.5)
    with pytest.raises(LabelingError, match="must end in"):
        write_labels(tmp_path / "labels.txt", file, label, posterior)
    with pytest.raises(LabelingError, match="there is no folder"):
        write_labels(tmp_path / "no" / "labels.csv", file, label, posterior)
    write_labels(tmp_path / "labels.parquet", file, label, posterior)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["labels.parquet", "votes.csv"]
    assert pq.read_table(tmp_path / "labels.parquet")["label"].to_pylist() == ["0", "1", None]


def test_an_empty_file_has_no_votes(tmp_path):
    file = read_votes(put(tmp_path, "id,a,b\n"))
    assert (file.votes.n_items, file.votes.n_votes) == (0, 0)


def test_a_file_of_votes_error_is_a_votes_error(tmp_path):
    with pytest.raises(VotesError):
        read_votes(put(tmp_path, "id,a,gold\n1,0,1\n"))


def test_what_is_no_number_is_told_with_its_row(tmp_path):
    long = tmp_path / "votes.csv"
    long.write_text("item_id,voter,label,confidence\na,x,0,0.5\nb,x,1,high\n")
    with pytest.raises(LabelingError, match=r"row 2: confidence is 'high', but it is a number"):
        read_votes(long)
    wide = tmp_path / "wide.csv"
    wide.write_text("item_id,x,z\na,0,1\nb,1,1\n")
    gold = tmp_path / "gold.csv"
    gold.write_text("item_id,label,probability\na,0,often\n")
    with pytest.raises(LabelingError, match=r"row 1: probability is 'often', but it is a number"):
        read_gold(gold, read_votes(wide))


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("item_id,x,x\na,0,1\n")
    with pytest.raises(LabelingError, match="two columns 'x'; rename or drop one"):
        read_votes(path)


@pytest.mark.parametrize("kind", ["wide", "long"])
@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_names_that_are_numbers_are_not_taken_for_places(tmp_path, kind, ending):
    wide = [{"item_id": name, "a": name, "b": name} for name in ("1", "2")]
    long = [{"item_id": r["item_id"], "voter": v, "label": r[v]} for r in wide for v in "ab"]
    path = written(tmp_path / f"votes{ending}", wide if kind == "wide" else long)
    file = read_votes(path, classes=["1", "2", "3"])
    out = tmp_path / "labels.csv"
    write_labels(out, file, file.votes.label[[0, 2] if kind == "long" else [0, 1]], np.eye(2, 3))
    with out.open() as lines:
        assert [(row["item_id"], row["label"]) for row in csv.DictReader(lines)] == [
            ("1", "1"),
            ("2", "2"),
        ]


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    table = pa.Table.from_pylist(rows)
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(table, path)
    return path


def test_a_file_that_mixes_names_and_places_is_refused_with_both_readings(tmp_path):
    path = put(tmp_path, "id,a,b\nx,1,1\ny,2,0\n")
    with pytest.raises(LabelingError, match=r"row 2: column 'b' holds '0' and row 1: .* holds '1'"):
        read_votes(path, classes=["1", "2", "3"])
    with pytest.raises(
        LabelingError, match=r"'0' is '1' and '1' is '2'; as a name '1' is '1' and '0'"
    ):
        read_votes(path, classes=["1", "2", "3"])


def test_numbers_stand_for_the_names_in_the_order_in_which_they_were_given(tmp_path):
    path = put(tmp_path, "id,a\nx,1\ny,0\n")
    file = read_votes(path, classes=["HAM", "SPAM"])
    assert (file.classes, file.votes.label.tolist()) == (["HAM", "SPAM"], [1, 0])
    names = read_votes(put(tmp_path, "item,voter,label\n1,a,HAM\n2,a,SPAM\n"))
    with pytest.raises(GoldError, match="row 1: column 'label' holds '1', which is no class"):
        read_gold(put(tmp_path, "item_id,label\n1,1\n", "gold.csv"), names)


def test_minus_one_is_a_class_where_it_is_named_so(tmp_path):
    path = put(tmp_path, "id,a\nx,-1\ny,1\nz,\n")
    assert read_votes(path, classes=["-1", "1"]).votes.to_matrix().tolist() == [[0], [1], [-1]]


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ("spam,Spam,spam", ["'spam' (2 rows) and 'Spam' (1 row) differ only in case"]),
        ("spam,spam ", ["differ only in blanks"]),
        ("01,1,x", ["'01' (1 row) and '1' (1 row) differ only in how a number is written"]),
        ("caf\u00e9,cafe\u0301", ["'cafe\\u0301' (1 row) differ only in how their accents"]),
        ("spam,ham", []),
    ],
)
def test_labels_that_differ_only_in_how_they_are_written_are_kept_apart_with_a_warning(
    tmp_path, labels, told
):
    rows = "".join(f"{i},a,{label}\n" for i, label in enumerate(labels.split(",")))
    file = read_votes(put(tmp_path, "item,voter,label\n" + rows))
    assert len(file.classes) == len(set(labels.split(",")))
    assert len(file.warnings) == len(told)
    assert all(text in warning for text, warning in zip(told, file.warnings, strict=True))


def test_one_number_written_in_two_ways_is_refused(tmp_path):
    with pytest.raises(LabelingError, match=r"holds '1\.0', and elsewhere a class is written '0'"):
        read_votes(put(tmp_path, "id,a,b\nx,0,1.0\ny,1,\n"))
    assert read_votes(put(tmp_path, "id,a,b\nx,0.0,1.0\ny,1.0,\n")).classes == ["0.0", "1.0"]


def test_who_did_not_say_classes_is_not_told_so(tmp_path):
    with pytest.raises(VotesError, match="at least 2 classes, the labels name only x"):
        read_votes(put(tmp_path, "item,voter,label\n1,a,x\n"))


def test_gold_of_items_without_a_vote_is_left_out_and_told(tmp_path):
    file = read_votes(put(tmp_path, LONG))
    gold = read_gold(put(tmp_path, "item_id,label\nzz,1\na,1\nb,0\n", "gold.csv"), file)
    assert (gold.item.tolist(), gold.label.tolist()) == ([0, 1], [1, 0])
    assert gold.probability == pytest.approx([2 / 3, 2 / 3])
    assert "1 of 3 gold items have no vote and are left out" in file.warnings[0]
    with pytest.raises(GoldError, match="row 1: item 'zz' has no row among the votes"):
        read_gold(put(tmp_path, "item_id,label\nzz,1\n", "gold.csv"), file)
