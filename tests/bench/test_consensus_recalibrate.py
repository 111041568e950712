"""What is done to posteriors to bring them nearer keeps their labels, and is chosen on other families."""

import numpy as np
import pytest

from bench.consensus import recalibrate
from bench.consensus.guards import look
from bench.consensus.panels import draw
from bench.consensus.recalibrate import Case, left_out, platt, restated, tempered
from bench.consensus.scores import leaders


def case(family: int, confidence: float, share_right: float, n: int = 400) -> Case:
    """Items all stated at one confidence, of which a share is right; reviewed ones like them."""
    posterior = np.tile([confidence, 1 - confidence], (n, 1))
    truth = (np.arange(n) >= share_right * n).astype(int)
    stated, right = np.full(n, confidence), (truth == 0).astype(float)
    return Case(f"set {family}", family, "rules", posterior, truth, posterior, stated, right)


def test_another_confidence_turns_no_label_and_leaves_a_tie_tied() -> None:
    posterior = np.array([[0.5, 0.3, 0.2], [0.4, 0.4, 0.2], [0.9, 0.05, 0.05]])
    for wanted in (0.01, 0.45, 0.99):
        found = restated(posterior, np.full(3, wanted))
        assert found.sum(axis=1) == pytest.approx(np.ones(3))
        assert leaders(found).tolist() == leaders(posterior).tolist()


def test_platt_learns_from_reviewed_items_that_the_rest_is_less_right_than_stated() -> None:
    assert platt(1.0, 2.0)(case(0, 0.9, 0.7)).max(axis=1).mean() == pytest.approx(0.7, abs=0.03)


def test_a_family_has_no_say_in_the_temperature_that_it_is_judged_with() -> None:
    sure, modest = [case(i, 0.8, 0.95) for i in range(3)], [case(9, 0.8, 0.65)]
    error, _ = left_out(sure + modest, [tempered(2.0), tempered(0.45)])
    alone, _ = left_out(sure + sure[:1], [tempered(2.0)])
    assert error > alone + 5


def test_hindsight_is_no_worse_than_what_ships() -> None:
    some = [case(0, 0.9, 0.7), case(1, 0.6, 0.9)]
    now = np.mean([recalibrate.judged(c, c.posterior)[0] for c in some])
    assert recalibrate.hindsight(some)[0] < now


def test_the_mirror_image_of_a_panel_of_two_classes_gains_what_the_panel_loses() -> None:
    seed = next(s for s in range(100) if draw(s, "hostile").n_classes == 2)
    seen = look(draw(seed, "hostile"))
    assert seen.mirrored == pytest.approx(-seen.gain)
    assert len(seen.features) == 41
