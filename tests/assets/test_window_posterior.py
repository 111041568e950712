"""The label model is fitted once for a window: the student reads what the consensus believed."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from assets.reading.opinions import as_matrix
from assets.reading.votes import Window, read_window
from assets.reading.window_posterior import _LAST, fit_label_model, keep, window_posterior
from labeling.consensus.label_model import LabelModel
from labeling.gold import Gold
from labeling.kinds.registry import SINGLE
from labeling.kinds.units import Units
from labeling.votes import Votes
from resources.store.warehouse import warehouse_of


@pytest.fixture
def made():
    """A task and a window with votes and gold, whose posterior is kept."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 90)
    said = np.where(rng.random((90, 4)) < 0.7, truth[:, None], 1 - truth[:, None])
    said[rng.random((90, 4)) < 0.4] = -1
    audit = Gold(np.arange(30), truth[:30].astype(np.int32), np.full(30, 0.5))
    window = Window(
        np.array([f"i{n}" for n in range(90)], dtype=object), np.array(["b"] * 90, dtype=object),
        ["text"] * 90, [None] * 90, ["a", "b", "c", "d"], Votes.from_matrix(said, 2), audit, audit,
        np.arange(90) >= 60, Units.each(90),
    )  # fmt: skip
    task = SimpleNamespace(
        kind=SINGLE, classes=("ham", "spam"), spec=SimpleNamespace(class_balance=None)
    )
    believed = fit_label_model(task, window).posterior
    keep(task, window, believed)
    return task, window, believed


def forbid(monkeypatch):
    def fit(*_):
        raise AssertionError("the label model was fitted again")

    monkeypatch.setattr(LabelModel, "fit", fit)


def test_what_is_kept_is_read_and_nothing_is_fitted_again(made, monkeypatch):
    task, window, believed = made
    forbid(monkeypatch)
    assert window_posterior(task, window).tobytes() == believed.tobytes()


def test_where_nothing_is_kept_it_is_fitted(made):
    task, window, believed = made
    _LAST.clear()
    assert window_posterior(task, window).tobytes() == believed.tobytes()


def other_votes(task, window):
    label = 1 - window.votes.label
    return task, replace(window, votes=replace(window.votes, label=label))


def surer_votes(task, window):
    sure = np.full(window.votes.n_votes, 0.5)
    return task, replace(window, votes=replace(window.votes, confidence=sure))


def other_gold(task, window):
    return task, replace(window, audit=replace(window.audit, label=1 - window.audit.label))


def likelier_gold(task, window):
    return task, replace(window, audit=replace(window.audit, probability=np.full(30, 0.1)))


def more_items(task, window):
    return task, replace(window, votes=replace(window.votes, n_items=91))


def other_order_of_classes(task, window):
    return SimpleNamespace(kind=SINGLE, classes=("spam", "ham"), spec=task.spec), window


def known_shares(task, window):
    return SimpleNamespace(
        kind=SINGLE,
        classes=task.classes,
        spec=SimpleNamespace(class_balance={"ham": 0.9, "spam": 0.1}),
    ), window


@pytest.mark.parametrize(
    "change",
    [other_votes, surer_votes, other_gold, likelier_gold, more_items, other_order_of_classes,
     known_shares],
)  # fmt: skip
def test_of_other_votes_gold_or_settings_it_is_fitted_anew(made, change, monkeypatch):
    task, window, _ = made
    task, window = change(task, window)
    fresh = fit_label_model(task, window).posterior
    assert window_posterior(task, window).tobytes() == fresh.tobytes()
    forbid(monkeypatch)
    with pytest.raises(AssertionError, match="fitted again"):
        window_posterior(task, window)


def test_after_a_run_the_student_fits_what_the_consensus_believed(ran_task):
    task, store = ran_task.task, warehouse_of(ran_task.task)
    (newest,) = store.ask("select max(batch) as batch from labels.consensus")["batch"].to_pylist()
    window = read_window(task, store, newest)
    believed = window_posterior(task, window)
    said = store.ask(
        f"select posterior from labels.consensus where batch = '{newest}' order by item_id"
    )
    assert as_matrix(said["posterior"], 3).tobytes() == believed[window.current].tobytes()
