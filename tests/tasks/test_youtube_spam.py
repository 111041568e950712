"""The real comments: brought whole, gold apart, and what the rules make of them."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.consensus.label_model import LabelModel
from labeling.errors import LabelingError
from labeling.votes import Votes
from tests.tasks.conftest import COMMENTS, TASKS, Labelled, load, majority, read_inbox, read_truth

BRING = load(TASKS / "youtube_spam" / "bring.py")


def test_all_comments_come_in_19_months_and_undated(comments: Labelled) -> None:
    batches, sizes = np.unique(comments.batch, return_counts=True)
    assert len(comments.items) == 1956
    assert (batches[0], batches[-2], batches[-1]) == ("2013-07", "2015-06", "undated")
    assert len(batches) == 20
    assert sizes[-1] == 245


def test_items_carry_no_gold(comments: Labelled) -> None:
    names = {"item_id", "text", "posted_at", "video", "batch"}
    assert all(set(item) == names for item in comments.items)


def test_a_month_holds_the_comments_posted_in_it(comments: Labelled) -> None:
    for item in comments.items:
        assert (item["posted_at"] or "undated").startswith(item["batch"])


def test_there_are_more_than_a_dozen_rules_and_each_is_right_four_times_in_five(
    comments: Labelled,
) -> None:
    assert len(comments.rules) >= 12
    assert comments.n_failures == 0
    for at, name in enumerate(comments.rules):
        fired = comments.votes[:, at] >= 0
        assert fired.sum() >= 10, name
        assert np.mean(comments.votes[fired, at] == comments.truth[fired]) > 0.8, name


def test_rules_cover_nearly_all_comments_and_decide_them_well(comments: Labelled) -> None:
    decided = majority(comments.votes, 2)
    assert np.mean((comments.votes >= 0).any(axis=1)) > 0.97
    assert np.mean(decided >= 0) > 0.95
    assert np.mean(decided[decided >= 0] == comments.truth[decided >= 0]) > 0.96


def test_the_label_model_on_all_months_is_right_on_more_than_95_percent(
    comments: Labelled,
) -> None:
    votes = Votes.from_matrix(comments.votes, 2)
    label = LabelModel(2).fit(votes).predict(votes)
    assert np.mean(label >= 0) > 0.97
    assert np.mean(label[label >= 0] == comments.truth[label >= 0]) > 0.95


def test_the_public_csv_files_give_the_same_items_as_the_parquet(tmp_path: Path) -> None:
    if not COMMENTS.is_file():
        pytest.skip(f"the real comments are not at {COMMENTS}")
    _write_original(tmp_path / "original", pq.read_table(COMMENTS))
    nowhere = tmp_path / "nowhere"
    for name, places in (("csv", (tmp_path / "original", nowhere)), ("pq", (nowhere, COMMENTS))):
        BRING.generate(tmp_path / name / "inbox", tmp_path / name / "truth", *places)
    one, other = (read_inbox(tmp_path / name / "inbox") for name in ("csv", "pq"))
    assert one == other
    assert read_truth(tmp_path / "csv" / "truth") == read_truth(tmp_path / "pq" / "truth")


def test_a_missing_collection_is_told_with_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(LabelingError, match=r"UCI Machine Learning Repository.*original"):
        BRING.find_comments(tmp_path / "original", tmp_path / "data.parquet")


def test_a_missing_file_of_the_collection_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelingError, match=r"Youtube01-Psy\.csv is missing"):
        BRING.find_comments(tmp_path, tmp_path / "data.parquet")


def _write_original(folder: Path, table: pa.Table) -> None:
    """Write the five files as the public collection has them."""
    folder.mkdir()
    rows = table.to_pylist()
    for name in BRING.FILES:
        video = name.removesuffix(".csv").partition("-")[2]
        with (folder / name).open("w", encoding="utf-8", newline="") as lines:
            out = csv.writer(lines)
            out.writerow(["COMMENT_ID", "AUTHOR", "DATE", "CONTENT", "CLASS"])
            for row in rows:
                if row["video"] == video:
                    date = row["timestamp"].isoformat() if row["timestamp"] else ""
                    out.writerow(["id", "someone", date, row["text"], row["label"]])
