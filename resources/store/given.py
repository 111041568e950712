"""What Dagster hands to a step."""

import dagster as dg

from resources.store.warehouse import Warehouse

GivenWarehouse = dg.ResourceParam[Warehouse]
"""The task's warehouse; a class of Dagster's own would cost every look half a second of importing."""
