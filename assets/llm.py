"""What models say of each item."""

import dagster as dg

from assets.declare import by_batch
from assets.tables import ITEMS, MODEL_VOTES, RULE_VOTES
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task


def models(task: Task) -> dg.AssetsDefinition:
    """Declare the votes of the models of ``task``."""

    @by_batch(task, MODEL_VOTES, group="votes", deps=[ITEMS, RULE_VOTES], kinds=["litellm"])
    def models(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """One row where a model answered."""
        warehouse.ensure(MODEL_VOTES)
        return dg.MaterializeResult(metadata={"n": 0})

    return models
