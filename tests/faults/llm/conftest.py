"""The same provider and ledger as the tests of asking, and less patience between attempts."""

import pytest

from labeling.llm import asking
from tests.resources.models.conftest import bench, ledger

__all__ = ["bench", "ledger"]


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(asking, "BACKOFF_S", 0.02)
