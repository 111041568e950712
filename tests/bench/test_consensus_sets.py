"""Set folders are told apart by the files that are in them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.consensus import sets


def folder_of_votes(home: Path, name: str, frame: pd.DataFrame, meta: dict | None = None) -> Path:
    folder = home / name
    folder.mkdir()
    frame.to_parquet(folder / "votes.parquet")
    (folder / "meta.json").write_text(json.dumps(meta or {}))
    return folder


def test_silence_and_not_being_asked_are_no_votes_and_unseen_classes_count(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "lf_0": [0, -1, -2, 1],
            "lf_1": [-2, -1, 1, 1],
            "gold": [0, 1, 1, 2],
            "split": ["test"] * 4,
        }
    )
    one = sets.load_folder(folder_of_votes(tmp_path, "a", frame))
    assert one.votes.to_matrix().tolist() == [[0, -1], [-1, -1], [-1, 1], [1, 1]]
    assert one.votes.n_classes == 3
    assert one.scored().tolist() == [True, False, True, True]
    assert one.scored(np.array([3])).tolist() == [True, False, True, False]


def test_gold_is_drawn_outside_the_test_rows_where_a_set_has_a_split(tmp_path: Path) -> None:
    split = ["train"] * 3 + ["valid"] * 3 + ["test"] * 4
    gold = [-1, -1, -1, 0, 1, 0, 1, 0, 1, 0]
    frame = pd.DataFrame({"lf_0": [0] * 10, "gold": gold, "split": split})
    one = sets.load_folder(folder_of_votes(tmp_path, "a", frame))
    assert one.draw_gold(3, seed=0).tolist() == [3, 4, 5]
    assert np.flatnonzero(one.scored(np.array([3]))).tolist() == [6, 7, 8, 9]


@pytest.mark.parametrize("split", [["train"] * 2 + ["valid"] * 2, ["train"] * 2 + ["test"] * 2])
def test_where_all_gold_lies_in_one_split_all_of_it_is_scored(
    tmp_path: Path, split: list[str]
) -> None:
    frame = pd.DataFrame({"lf_0": [0, 1, 0, 1], "gold": [-1, -1, 0, 1], "split": split})
    one = sets.load_folder(folder_of_votes(tmp_path, "a", frame))
    assert one.test is None
    assert np.flatnonzero(one.scored()).tolist() == [2, 3]


def test_language_models_are_known_by_their_meta_data_or_their_name(tmp_path: Path) -> None:
    frame = pd.DataFrame({"lf_0": [0, 1], "gold": [0, 1]})
    kinds = [
        sets.load_folder(folder_of_votes(tmp_path, name, frame, meta)).kind
        for name, meta in (("a", {}), ("b", {"llm_acc": {}}), ("llm_c", {}))
    ]
    assert kinds == [sets.RULES, sets.MODELS, sets.MODELS]


def test_people_vote_once_an_item_and_tasks_without_labels_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "crowd"
    folder.mkdir()
    labels = {"task": ["t", "t", "t", "u"], "worker": ["a", "a", "b", "b"], "label": [1, 0, 0, 1]}
    pd.DataFrame(labels).to_csv(folder / "labels.csv.gz", index=False)
    pd.DataFrame({"task": ["t", "w"], "gold": [2, 1]}).to_csv(folder / "gold.csv.gz", index=False)
    one = sets.load_folder(folder)
    assert one.kind == sets.PEOPLE
    assert one.votes.to_matrix().tolist() == [[1, 0], [-1, 1]]
    assert (one.votes.n_classes, one.gold.tolist()) == (3, [2, -1])


def test_services_keep_their_confidences(tmp_path: Path) -> None:
    folder = tmp_path / "api"
    folder.mkdir()
    pd.DataFrame(
        {
            "pred_A": [1, -1],
            "conf_A": [0.9, 0.1],
            "pred_B": [0, 1],
            "conf_B": [1.2, 0.4],
            "gold": [1, 0],
        }
    ).to_parquet(folder / "preds.parquet")
    one = sets.load_folder(folder)
    assert one.kind == sets.SERVICES
    assert one.votes.confidence is not None
    assert one.votes.confidence.tolist() == [0.9, 1.0, 0.4]


def test_a_folder_of_another_kind_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "data.parquet").touch()
    with pytest.raises(sets.NotVotesError, match=r"data\.parquet"):
        sets.load_folder(tmp_path / "raw")
    without = pd.DataFrame({"lf_0": [0, 1]})
    with pytest.raises(sets.NotVotesError, match="no gold"):
        sets.load_folder(folder_of_votes(tmp_path, "b", without))
