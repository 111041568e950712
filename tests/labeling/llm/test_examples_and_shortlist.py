"""Which examples and which classes a model is shown."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import GoldError
from labeling.kinds.classes import ClassSpec
from labeling.llm.prompts.pool import ExamplePool
from labeling.llm.prompts.settings import Examples
from labeling.llm.prompts.shortlist import Shortlist

BANKING = Path(__file__).parents[3].parent / "shared" / "data" / "raw_banking77"
CLASSES = [ClassSpec("SPAM"), ClassSpec("HAM")]
TEXTS = ["win cash now", "lovely song", "subscribe to me", "nice voice", "win a phone now"]
LABELS = ["SPAM", "HAM", "SPAM", "HAM", "SPAM"]
IDS = list("abcde")


def pool(measured=()) -> ExamplePool:
    return ExamplePool.teaching(IDS, TEXTS, LABELS, measured)


def test_measured_gold_cannot_be_put_into_a_pool():
    with pytest.raises(GoldError, match="item 'b' is in the audit sample or the canary"):
        ExamplePool(IDS, TEXTS, LABELS, measured={"b"})


@settings(deadline=None, max_examples=40)
@given(
    st.sets(st.sampled_from(IDS)), st.sampled_from(IDS), st.sampled_from(["balanced", "nearest"])
)
def test_neither_measured_gold_nor_the_item_itself_is_ever_shown(measured, item, choose):
    text = TEXTS[IDS.index(item)]
    shown = pool(measured).choose(Examples(choose=choose, count=5), text, {item}, CLASSES)
    assert text not in {e.text for e in shown}
    assert not {e.text for e in shown} & {TEXTS[IDS.index(m)] for m in measured}


def test_the_same_text_under_another_id_is_not_shown_either():
    shown = pool().choose(Examples(choose="nearest", count=5), "win cash now", {"zz"}, CLASSES)
    assert "win cash now" not in {e.text for e in shown}


def test_a_copy_of_a_measured_text_leaves_the_pool_too():
    twins = ExamplePool.teaching(["a", "b"], ["same", "same"], ["HAM", "HAM"], {"a"})
    assert list(twins.item_id) == []


def test_balanced_examples_take_the_classes_in_turn():
    shown = pool().choose(Examples(choose="balanced", count=4), "x", (), CLASSES)
    assert [e.label for e in shown] == ["SPAM", "HAM", "SPAM", "HAM"]


def test_the_nearest_example_stands_next_to_the_item():
    shown = pool().choose(Examples(choose="nearest", count=2), "win a phone", (), CLASSES)
    assert shown[-1].text == "win a phone now"


def test_a_shortlist_keeps_the_right_one_of_seventy_seven_classes():
    if not BANKING.exists():
        pytest.skip(f"{BANKING} is missing")
    data = pd.read_parquet(BANKING / "data.parquet")
    names = sorted(set(data.label))
    assert len(names) == 77
    teaching = data[data.split == "train"].groupby("label").head(5)
    asked = data[data.split == "test"].sample(300, random_state=0)
    shown = ExamplePool.teaching(
        teaching.id.astype(str).tolist(), teaching.text.tolist(), teaching.label.tolist(), ()
    )
    shortlist = Shortlist([ClassSpec(n) for n in names], 15, shown)
    kept = [{c.name for c in shortlist.of(text)} for text in asked.text]
    recall = sum(name in few for name, few in zip(asked.label, kept, strict=True)) / len(asked)
    assert recall >= 0.9
