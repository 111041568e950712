"""The engine: arrays and Arrow tables in, the same out. It does not know who runs it.

Not here: Dagster, databases, settings of a task, the environment, the network.
"""
