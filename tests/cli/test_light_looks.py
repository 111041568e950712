"""A look at a task loads nothing that takes longer than the answer."""

import subprocess
import sys

import pytest

LOOK = """
import sys
from cli.app import main
sys.argv = ["touchstone", *sys.argv[1:]]
try:
    main()
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""
HEAVY = {"pandas", "dagster", "great_expectations", "mlflow", "litellm", "sklearn", "scipy", "dbt"}


@pytest.mark.parametrize(
    "command", [["status"], ["status", "letters", "--json"], ["alarm", "list"], ["--help"]]
)
def test_a_look_at_a_task_loads_nothing_heavy(ran_task, command):
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *command],
        cwd=ran_task.project, text=True, capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout
    assert HEAVY.isdisjoint(done.stderr.split())
