"""Audit samples that are summed batch by batch, or in parts, give the estimates of the whole."""

from functools import reduce

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.quality.estimates.accuracy import AuditSums, accuracy
from labeling.quality.estimates.labelled import MISSING, LabelledBatch, judge
from labeling.quality.estimates.weighted import ShareCounts, weighted_shares
from labeling.sampling.audits.design import AuditDesign

SEEDS = st.integers(0, 2**32 - 1)


def bytes_of(counts):
    return [getattr(counts, n).tobytes() for n in ("weight", "drawn", "inside", "success")]


@settings(deadline=None)
@given(SEEDS, st.integers(0, 80), st.integers(0, 5), st.booleans())
def test_reviews_counted_in_any_parts_and_order_give_the_same_shares(seed, n, n_cuts, finite):
    rng = np.random.default_rng(seed)
    weight = rng.choice([0.0, 1.0, 1.1, 8.45, 8.45 / 3, 20.0], n)
    success, inside = rng.random((2, 3, n)) < rng.uniform(0.1, 0.9)
    whole = ShareCounts.of(success, weight, inside)
    found = weighted_shares(success, weight, inside, finite=finite)
    parts = np.split(rng.permutation(n), np.sort(rng.integers(0, n + 1, n_cuts)))
    counted = [ShareCounts.of(success[:, at], weight[at], inside[:, at]) for at in parts]
    forth = reduce(lambda done, one: done.merge(one), counted)
    back = reduce(lambda rest, one: one.merge(rest), reversed(counted))
    assert bytes_of(forth) == bytes_of(back) == bytes_of(whole)
    assert repr(forth.shares(finite=finite)) == repr(found)


@settings(deadline=None)
@given(SEEDS, st.integers(1, 6), st.sampled_from([None, 0, 1]))
def test_the_accuracy_of_batches_is_that_of_their_sums_in_any_order(seed, n_batches, of_class):
    rng = np.random.default_rng(seed)
    batches = []
    for name in range(n_batches):
        items = int(rng.integers(6, 40))
        stratum = np.sort(rng.integers(0, 2, items))
        drawn = rng.permutation(items)[: rng.integers(0, items)]
        planned = np.array([3, 5])[: stratum.max() + 1]
        batches.append(
            LabelledBatch(
                str(name),
                rng.integers(MISSING, 2, items).astype(np.int32),
                AuditDesign(stratum, planned),
                drawn,
                rng.integers(MISSING, 2, len(drawn)).astype(np.int32),
            )
        )
    whole = accuracy(judge(batches, of_class=of_class))
    sums = [AuditSums.of(batch) for batch in judge(batches, of_class=of_class)]
    some = [sums[at] for at in rng.permutation(n_batches)]
    assert repr(some[0].merge(*some[1:]).accuracy()) == repr(whole)
    assert repr(reduce(lambda rest, one: one.merge(rest), some).accuracy()) == repr(whole)


def test_sums_tell_reviews_and_items_apart_by_batch():
    reviewed = LabelledBatch.uniform("a", [0] * 20, range(4), [0, 0, 1, MISSING])
    silent = LabelledBatch.uniform("b", [0] * 30, range(2), [MISSING, MISSING])
    both = AuditSums.of(silent.audited()).merge(AuditSums.of(reviewed.audited()))
    found = both.accuracy()
    assert (found.items, found.reviewed, found.errors, found.missing) == (20, 3, 1, 3)
    assert (found.batches, found.unmeasured) == (1, 1)
