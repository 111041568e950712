"""What a source says of how sure it is, held against the audits of earlier batches."""

import numpy as np
import pyarrow as pa
import pytest

from assets.votes.calibrated import calibrated
from resources.store.table import as_arrow
from resources.store.tables import GOLD, OF_SOURCES
from resources.store.warehouse import Warehouse

TABLE = OF_SOURCES["zero_shot"]
SAYS = {"voter": "zero_shot/near", "version": "v", "label": "a", "confidence": 0.99}


@pytest.fixture
def warehouse(tmp_path):
    """A batch of 80 votes of which each was almost certain, and half were wrong."""
    made = Warehouse(path=str(tmp_path / "w.duckdb"))
    items = [{"item_id": f"i{n}", "batch": "b1"} for n in range(80)]
    votes = [item | SAYS | {"stated": 0.99, "calibrated": False, "run": "r"} for item in items]
    gold = [item | {"label": "ab"[n % 2], "origin": "audit"} for n, item in enumerate(items)]
    made.replace_batch(TABLE, "b1", as_arrow(TABLE, votes))
    made.replace_batch(GOLD, "b1", as_arrow(GOLD, gold))
    yield made
    made.close()


def later(version: str) -> pa.Table:
    return pa.Table.from_pylist([{"item_id": "j", **SAYS, "version": version}])


def test_a_source_that_is_too_sure_is_believed_as_far_as_audits_go(warehouse):
    (vote,) = calibrated(warehouse, "b2", later("v")).to_pylist()
    assert vote["calibrated"]
    assert vote["stated"] == 0.99
    assert np.isclose(vote["confidence"], 0.5, atol=0.05)


@pytest.mark.parametrize(("batch", "version"), [("b2", "other"), ("b1", "v")])
def test_audits_of_another_version_or_of_the_batch_itself_tell_nothing(warehouse, batch, version):
    (vote,) = calibrated(warehouse, batch, later(version)).to_pylist()
    assert not vote["calibrated"]
    assert vote["confidence"] == 0.99
