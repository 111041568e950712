"""What Dagster loads of this task."""

from pathlib import Path

from orchestration.definitions import definitions_for

defs = definitions_for(Path(__file__).parent)
