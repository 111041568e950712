"""``touchstone consensus --kind spans`` on plain files of marks."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.file.consensus import consensus
from cli.file.estimate import estimate
from labeling.consensus.spans.agreement import Counts
from labeling.consensus.spans.tables.files import read_span_gold, read_span_votes
from labeling.errors import GoldError, LabelingError, VotesError
from labeling.kinds.spans.answer import marked
from labeling.quality.spans.files import read_span_reviews
from labeling.spans import Spans
from tests.cli.test_files_of_sets import as_csv, run

TEXT = "gout needs \N{PILL} colchicine"
WHO = ("a", "b", "c")
REAL = Path(__file__).parents[2].parent / "shared/data/span_laptopreview"


@pytest.fixture
def truth():
    """Spans of 200 items, as lists of start, end and class."""
    rng = np.random.default_rng(0)
    return [
        [[at * 20, at * 20 + int(rng.integers(3, 9)), ["Drug", "Disease"][int(rng.integers(2))]]
         for at in range(5) if rng.random() < 0.4]
        for _ in range(200)
    ]  # fmt: skip


@pytest.fixture
def people(truth):
    """Three people who miss a span in five, and make one up in ten items."""
    rng = np.random.default_rng(1)
    said = []
    for _ in WHO:
        kept = [[span for span in spans if rng.random() < 0.8] for spans in truth]
        said.append([[*one, *([[110, 115, "Drug"]] if rng.random() < 0.1 else [])] for one in kept])
    return said


def by_span(people, path):
    rows = [
        (f"i{item}", who, *(span or ("", "", "")))
        for item in range(len(people[0]))
        for who, said in zip(WHO, people, strict=True)
        for span in said[item] or [None]
    ]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("item_id", "voter", "start", "end", "label"), *rows])
    return path


def labels_of(path):
    with path.open(newline="") as file:
        return {row["item_id"]: row["label"] for row in csv.DictReader(file)}


def test_each_way_to_write_marks_makes_the_same_spans(people, tmp_path):
    ids = [f"i{at}" for at in range(len(people[0]))]
    wide = {who: list(map(json.dumps, said)) for who, said in zip(WHO, people, strict=True)}
    files = [
        by_span(people, tmp_path / "rows.csv"),
        as_csv(tmp_path / "wide.csv", {"id": ids, **wide}),
    ]
    (tmp_path / "wide.jsonl").write_text("".join(
        json.dumps({"id": one, **dict(zip(WHO, said, strict=True))}) + "\n"
        for one, *said in zip(ids, *people, strict=True)
    ))  # fmt: skip
    files.append(tmp_path / "wide.jsonl")
    long = [(one, who, wide[who][at]) for at, one in enumerate(ids) for who in WHO]
    columns = {
        name: [row[at] for row in long] for at, name in enumerate(("item_id", "voter", "label"))
    }
    pq.write_table(pa.table(columns), tmp_path / "long.parquet")
    files.append(tmp_path / "long.parquet")
    found = []
    for file in files:
        done = run(consensus, file, "-o", tmp_path / "out.csv", "--kind", "spans", "--json")
        assert done.exit_code == 0, done.output
        found.append(labels_of(tmp_path / "out.csv"))
    assert len({json.dumps(one, sort_keys=True) for one in found}) == 1


def test_what_is_found_is_closer_to_the_truth_than_any_voter(people, truth, tmp_path):
    report = json.loads(run(consensus, by_span(people, tmp_path / "a.csv"), "-o", tmp_path / "o.csv",
                            "--kind", "spans", "--json").output)  # fmt: skip
    assert (report["items"], report["undecided"], report["classes"]) == (
        200,
        0,
        ["Disease", "Drug"],
    )
    found = labels_of(tmp_path / "o.csv")
    answers = [[list(span) for span in marked(found[f"i{at}"]).found] for at in range(len(truth))]

    def f1(said):
        return Counts.of(as_spans(said), as_spans(truth)).f1()

    assert f1(answers) > max(f1(said) for said in people) + 0.02


def as_spans(said):
    rows = [
        (item, a, b, int(name == "Drug")) for item, one in enumerate(said) for a, b, name in one
    ]
    return Spans.of(rows, len(said), 2)


def test_gold_measures_and_tells_how_sure_lists_are(people, truth, tmp_path):
    ids = [f"i{at}" for at in range(len(truth))]
    gold = as_csv(
        tmp_path / "gold.csv", {"item_id": ids[:100], "label": list(map(json.dumps, truth[:100]))}
    )
    done = run(consensus, by_span(people, tmp_path / "a.csv"), "-o", tmp_path / "o.parquet",
               "--kind", "spans", "--gold", gold, "--json")  # fmt: skip
    report = json.loads(done.output)
    assert report["gold"]["reviewed"] == 100
    assert report["gold"]["f1"] > 0.8
    table = pq.read_table(tmp_path / "o.parquet")
    assert table.column_names == ["item_id", "label", "confidence", "p_0", "p_1"]
    answers = [json.loads(one) for one in table["label"].to_pylist()]
    right = np.mean([sorted(a) == sorted(t) for a, t in zip(answers, truth, strict=True)])
    assert np.mean(table["confidence"].to_pylist()) == pytest.approx(right, abs=0.1)


def test_all_items_of_a_file_of_texts_are_labelled_and_marks_must_lie_in_them(tmp_path):
    texts = as_csv(tmp_path / "texts.csv", {"item_id": ["1", "2"], "text": [TEXT, "nothing"]})
    marks = {"item_id": ["1", "1"], "voter": ["a", "b"], "start": [13, 13], "end": [23, 23],
             "label": ["Drug", "Drug"]}  # fmt: skip
    votes = as_csv(tmp_path / "votes.csv", marks)
    done = run(consensus, votes, "-o", tmp_path / "o.csv", "--kind", "spans", "--texts", texts)
    assert "2 items, 2 marks, 1 span, 0 undecided" in done.output
    assert labels_of(tmp_path / "o.csv") == {"1": '[[13, 23, "Drug"]]', "2": "[]"}
    votes = as_csv(tmp_path / "votes.csv", {**marks, "end": [23, 24]})
    with pytest.raises(
        VotesError, match=r"row 2: item '1': the span 13\.\.24 ends behind the text"
    ):
        read_span_votes(votes, texts=texts)


def test_texts_may_stand_beside_the_marks(tmp_path):
    file = read_span_votes(as_csv(tmp_path / "a.csv", {
        "item_id": ["1", "2"], "text": [TEXT, "x"], "ann": ['[[0, 4, "Disease"]]', "[]"],
    }))  # fmt: skip
    assert (file.voters, file.texts, file.classes) == (["ann"], [TEXT, "x"], ["Disease"])
    assert file.votes.speaks.all()


def test_who_denies_or_finds_speaks_of_those_classes_alone_and_an_item_without_an_answer_is_undecided(
    tmp_path,
):
    path = as_csv(tmp_path / "a.csv", {
        "item_id": ["1", "2"],
        "rule": ['{"found": [[0, 4, "Disease"]], "denied": [[5, 9, "Drug"]]}', ""],
        "other": ['{"found": [[0, 4, "Disease"]]}', ""],
    })  # fmt: skip
    file = read_span_votes(path)
    assert file.votes.speaks.tolist() == [[True, True], [True, False]]
    assert file.votes.is_against.sum() == 1
    assert file.silent.tolist() == [False, True]
    run(consensus, path, "-o", tmp_path / "o.csv", "--kind", "spans")
    assert labels_of(tmp_path / "o.csv") == {"1": '[[0, 4, "Disease"]]', "2": ""}


ROWS = {"item_id": ["1", "1"], "voter": ["a", "b"], "start": ["0", "0"], "end": ["4", "4"],
        "label": ["Drug", "Drug"]}  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({**ROWS, "end": ["4", "0"]}, r"row 2: the span 0\.\.0 does not end after it begins"),
        ({**ROWS, "start": ["0", "-1"]}, r"row 2: the span -1\.\.4 begins before the text"),
        ({**ROWS, "start": ["0", "x"]}, "row 2: 'x' is no offset: a whole number"),
        ({**ROWS, "label": ["Drug", ""]}, "row 2: label is empty, and start and end are not"),
        ({"item_id": ["1"], "a": ["Drug"]}, r"row 1: a: 'Drug' is no list of spans; allowed: a list of"),
        ({"item_id": ["1"], "a": ["[]"]}, "marks no span; give the names of all classes"),
        ({"item_id": ["1", "1"], "voter": ["a", "a"], "label": ["[]", '[[0, 4, "Drug"]]']},
         "row 2: voter 'a' speaks of item '1' on row 1 too"),
        ({"item_id": ["1", "1"], "a": ["[]", "[]"]}, "item_id '1' stands on 2 rows"),
    ],
)  # fmt: skip
def test_a_file_that_breaks_its_contract_is_refused_with_its_row(tmp_path, columns, told):
    path = as_csv(tmp_path / "a.csv", columns)
    with pytest.raises(LabelingError, match=told):
        read_span_votes(path)


@pytest.mark.parametrize("read", [read_span_votes, read_span_reviews])
def test_an_offset_that_no_text_can_have_is_refused_with_its_row(tmp_path, read):
    spans = [[2**40, 2**40 + 5, "Drug"]]
    row = {"item_id": "1", "batch": "b", "voter": "a", "label": spans, "gold": spans}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row))
    with pytest.raises(LabelingError, match=r"row 1.*ends behind 2,147,483,647 characters"):
        read(path)


@pytest.mark.parametrize("read", [read_span_votes, read_span_reviews])
def test_half_a_surrogate_pair_in_a_list_is_refused_with_its_row(tmp_path, read):
    path = tmp_path / "a.jsonl"
    spans = '[[0, 4, "Dr\\ud83d"]]'
    path.write_text(
        f'{{"item_id": "1", "batch": "b", "voter": "a", "label": {spans}, "gold": {spans}}}\n'
    )
    with pytest.raises(LabelingError, match=r"row 1: 'label': half a surrogate pair"):
        read(path)


def test_a_class_that_is_none_is_refused_where_classes_are_named(tmp_path):
    with pytest.raises(
        VotesError, match="row 1: item '1': 'Drug' is no class; allowed are Disease"
    ):
        read_span_votes(as_csv(tmp_path / "a.csv", ROWS), classes=["Disease"])


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"item_id": ["9"], "label": ["[]"]}, "row 1: item '9' has no row among the votes"),
        ({"item_id": ["1"], "label": ['[[0, 4, "Dose"]]']}, "row 1: item '1': 'Dose' is no class"),
        ({"item_id": ["1"], "label": [""]}, "row 1: has no label; .. says that there is no span"),
        ({"item_id": ["1"], "label": ['{"found": [[0, 4, "Drug"]]}']}, "row 1: gold is a list of all"),
        ({"item_id": ["1"]}, "has no column 'label'"),
    ],
)  # fmt: skip
def test_gold_that_does_not_fit_is_refused_with_its_row(tmp_path, columns, told):
    file = read_span_votes(as_csv(tmp_path / "a.csv", ROWS))
    with pytest.raises(GoldError, match=told):
        read_span_gold(as_csv(tmp_path / "gold.csv", columns), file)


def test_gold_may_have_a_row_a_span(tmp_path):
    file = read_span_votes(as_csv(tmp_path / "a.csv", ROWS))
    gold = {
        "item_id": ["1", "1"],
        "start": ["0", "5"],
        "end": ["4", "9"],
        "label": ["Drug", "Drug"],
    }
    found = read_span_gold(as_csv(tmp_path / "gold.csv", gold), file)
    assert found.spans.rows() == [(0, 0, 4, 0), (0, 5, 9, 0)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--kind", "spans", "--classes", "A=0.5,B=0.5"), "spans have no shares"),
        (("--kind", "spans", "--method", "majority"), "with --kind spans it is auto"),
        (("--kind", "single", "--texts", "x.csv"), "only --kind spans reads texts"),
        (("--kind", "ranks"), "'ranks' is none of single, several, spans"),
    ],
)
def test_options_that_do_not_fit_are_told(tmp_path, arguments, told):
    path = as_csv(tmp_path / "a.csv", ROWS)
    done = run(consensus, path, "-o", tmp_path / "o.csv", *arguments)
    assert (done.exit_code, told in " ".join(done.output.replace("│", " ").split())) == (2, True)


@pytest.mark.skipif(not REAL.exists(), reason="the recorded marks are not here")
def test_recorded_marks_of_labelling_functions_give_better_spans_than_their_majority(tmp_path):
    names = json.loads((REAL / "meta.json").read_text())["lf_names"]
    rows = [r for r in pq.read_table(REAL / "spans.parquet").to_pylist() if r["split"] == "test"]
    votes = {"item_id": [r["id"] for r in rows]} | {
        name: [json.dumps(json.loads(r["votes"])[at]) for r in rows]
        for at, name in enumerate(names)
    }
    gold = {"item_id": votes["item_id"], "label": [r["gold"] for r in rows]}
    done = run(consensus, as_csv(tmp_path / "v.csv", votes), "-o", tmp_path / "o.csv", "--kind", "spans",
               "--gold", as_csv(tmp_path / "g.csv", gold), "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    scores = json.loads(done.output)["scores"]
    assert max(scores.values()) > scores["majority"] + 0.005


def test_reviews_of_spans_tell_exact_match_and_quality_by_class(tmp_path):
    drug, disease = [0, 4, "Drug"], [5, 9, "Disease"]
    rows = [([drug, disease], [disease, drug])] * 30 + [([drug], [[0, 3, "Drug"]])] * 10
    path = as_csv(tmp_path / "r.csv", {
        "batch": ["b"] * 40, "label": [json.dumps(a) for a, _ in rows],
        "gold": [json.dumps(b) for _, b in rows],
    })  # fmt: skip
    found = json.loads(run(estimate, path, "--kind", "spans", "--json").output)
    assert found["overall"]["accuracy"] == pytest.approx(0.75)
    by_class = {one["name"]: one for one in found["classes"]}
    assert by_class["Drug"]["precision"]["point"] == pytest.approx(0.75)
    assert by_class["Drug"]["overlap"]["f1"]["point"] == pytest.approx(1)
    assert by_class["Disease"]["f1"]["point"] == pytest.approx(1)
    assert "all spans of an item are right" in run(estimate, path, "--kind", "spans").output
    broken = as_csv(
        tmp_path / "b.csv", {"batch": ["b"], "label": ['[[4, 4, "Drug"]]'], "gold": ["[]"]}
    )
    with pytest.raises(LabelingError, match=r"row 1: label: the span 4\.\.4 does not end after"):
        read_span_reviews(broken)
