"""The command line in a process of its own, with what it imports from elsewhere imported before.

That is most of what a command does. Our own code is imported by each process, from where
``PYTHONPATH`` says, so that it may be a copy with a change. Where the start of a process, or how it
ends, is what a test is about, the test starts Python itself.
"""

import sys
from importlib import import_module
from pathlib import Path

from tests.warm_dbt import WarmDbt, serve

OTHERS = (
    "dagster", "dagster_dbt", "great_expectations", "mlflow", "mlflow.store.tracking.sqlalchemy_store",
    "pandas", "pyarrow.parquet", "sklearn.linear_model",
)  # fmt: skip
"""None of these imports DuckDB, which starts a thread that no fork would have."""
DBT = "TEST_DBT"


class WarmTouchstone(WarmDbt):
    """Its path is a command like ``touchstone``, which runs what ``PYTHONPATH`` says."""

    server = "tests.warm_touchstone"


def touchstone(prog_name: str) -> object:
    """Run the command line of the code that ``PYTHONPATH`` names, with the dbt of the tests."""
    import os

    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    sys.path[0:1] = os.environ["PYTHONPATH"].split(os.pathsep)
    sys.argv[0] = prog_name
    manifest = import_module("resources.store.manifest")
    manifest.DBT = Path(os.environ[DBT])  # type: ignore[attr-defined]
    return import_module("cli.app").main()


OURS = ("cli", "orchestration", "expectations", "assets", "console", "resources", "labeling")


def main() -> None:
    """Import what is not ours, as our commands do: after the switches are set."""
    import_module("resources.environment").prepare()
    for name in OTHERS:
        import_module(name)
    assert "duckdb" not in sys.modules
    serve(sys.argv[1], touchstone)


if __name__ == "__main__":
    main()
