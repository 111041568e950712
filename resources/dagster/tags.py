"""Tags of runs: ours, and those that Dagster gives."""

TASK_TAG = "touchstone/task"
"""Tag of every run; runs of one task wait for each other, those of different tasks do not."""

PARTITION_NAME_TAG = "dagster/partition"
"""Tag that Dagster gives to runs of one batch."""

PROCESS_TAG = "touchstone/process"
"""Tag of runs that a command runs in its own process: that process's id."""

COMMAND_TAG = "touchstone/command"
"""Runs of one command have it in common: they share the budget of a run."""

LAUNCHED_TAG = ".dagster/grpc_info"
"""Tag that Dagster gives to runs launched by its daemon."""

LOST_TAG = "touchstone/lost"
"""Tag of runs whose process was ended, and that somebody else marked as failed."""

ROUND_TAG = "touchstone/canary-round"
"""Tag of a run that asks the canary at this moment, not as part of a batch: the round's name."""
