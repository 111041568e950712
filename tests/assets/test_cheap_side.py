"""What answers first in a cascade looks the same on gold as on the batch."""

import pyarrow as pa
import pytest

from assets.votes.cheap_side import CheapSide
from assets.votes.gold import SAID, Gold
from labeling.llm.prompts.asked import Guaranteed

CLASSES = ("HAM", "SPAM")
NOBODY = pa.table({name: pa.array([], pa.string()) for name in SAID})


def said(voters, items, label):
    rows = [(item, voter, label) for item in items for voter in voters]
    return pa.table(dict(zip(SAID, zip(*rows, strict=True), strict=True)))


class Batch:
    """Where the votes of rules on the batch stand."""

    def __init__(self, votes):
        self.votes = votes

    def read(self, query, *, batch):
        assert (query, batch) == ("votes.cascade.rule_votes", "2026-03")
        return self.votes


@pytest.mark.parametrize("admitted", [frozenset(), frozenset({"rule/suggested"})])
def test_rules_that_audits_admitted_do_not_answer_where_gold_sets_a_threshold(admitted):
    old = pa.table({"item_id": ["g1", "g2"], "batch": ["2026-02"] * 2, "label": CLASSES})
    rules = ["rule/own", "rule/suggested"]
    gold = Gold(old, said(["rule/suggested"], ["g1", "g2"], "SPAM"), admitted)
    side = CheapSide(None, "2026-03", Guaranteed(guarantee=0.9), gold, ())
    new = pa.table({"item_id": ["n1", "n2"]})
    on_batch = pa.concat_tables([said(rules, ["n1"], "HAM"), said(rules[1:], ["n2"], "HAM")])
    told = side.says(Batch(on_batch), new, [NOBODY], CLASSES)
    heard = [label is not None for label in told.label]
    assert heard == ([True] * 4 if not admitted else [False, False, True, False])
