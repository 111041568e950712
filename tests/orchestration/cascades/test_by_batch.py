"""A dear prompt with a guarantee whose questions are handed in to a provider's batch endpoint."""

import pytest

from resources.models.task_models import collect_answers
from tests.fakes.letters import DAYS, EACH, LARGE, letters


def through(library, day):
    """Label a day until no answer is out; return what was told of the dear prompt each time."""
    told = [library.label(day)]
    while told[-1]["waiting"]:
        assert not told[-1]["proven"]
        assert library.rows(f"from votes.cascade where batch = '{day}'") == []
        collect_answers(library.task)
        told.append(library.label(day))
        assert len(told) < 6, told
    return told


@pytest.mark.parametrize("after", ["small", "student"])
def test_a_batch_is_handed_in_once_it_is_known_where_and_gold_is_asked_at_once(tmp_path, after):
    large = LARGE.replace("after: small", f"after: {after}")
    with letters(tmp_path, large, models={"batch": True}) as library:
        learnt = 1 if after == "small" else 2
        for day in DAYS[:learnt]:
            assert through(library, day)[-1]["asked"] == EACH
            library.review(day)
        now, then = DAYS[learnt : learnt + 2]
        met = len(library.provider.meter)
        steps = through(library, now)
        last = steps[-1]
        assert last["proven"]
        assert 0 < last["asked"] == EACH - last["spared"] < EACH / 2
        held = "asked once the answers are there that decide where" in steps[0]["told"]
        assert held == (after == "small")
        kept = library.rows(f"from votes.cascade where batch = '{now}'")
        assert len(kept) == EACH
        assert len(library.asked("large", met)) == last["asked"] == last["calls"]

        library.review(now)
        steps = through(library, then)
        begun = next(step for step in steps if step["asked"])
        assert begun["waiting"] == begun["asked"] > 0
        assert begun["calls"] == steps[-1]["calls"] == last["spared"] + begun["asked"]
        assert begun["cost_usd"] > 0  # for gold alone, so far
