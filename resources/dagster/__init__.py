"""Dagster's own storage, partitions and conditions, as this project sets them."""
