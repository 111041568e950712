"""The same provider and ledger as the tests of asking."""

from tests.orchestration.models.conftest import bench, ledger

__all__ = ["bench", "ledger"]
