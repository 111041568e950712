"""Dagster's own storage, partitions and conditions, as this project sets them.

Not here: assets, jobs, schedules and sensors, which are ours (``assets/``, ``orchestration/``).
"""
