"""What the packages that every run goes through take by themselves, beside what our commands take.

    python -m bench.speed.floor --runs 3

Nothing of ours is in the programs on the left: each opens, with what a package documents, the least that our command
cannot do without. They switch off telemetry, and do not look for garbage, as our commands do.

- *nothing new*: an instance of Dagster is opened and asked for its partitions, a DuckDB file for one row.
- *one more batch*: one asset is materialized, three rows are checked by one expectation of Great Expectations, dbt builds
  one model of a project of its own, MLflow notes one run in SQLite, and a logistic regression learns from four rows.

Both are run in turn, ours on a task of ten batches of 30 texts and six rules; medians are told, in seconds of the clock and CPU
seconds of all processes that were started.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.speed import batches
from bench.speed.command import Took, command
from resources.environment import SWITCHES

ROOT = Path(__file__).parents[2]

QUIET = "import atexit, gc; gc.set_threshold(100_000, 50, 100); atexit.register(gc.freeze)\n"

NOTHING_NEW = """
import dagster as dg, duckdb
with dg.DagsterInstance.from_config("home") as instance:
    instance.get_dynamic_partitions("batches")
with duckdb.connect("some.duckdb") as db:
    db.execute("select 1").fetchone()
"""

ONE_MORE = """
import dagster as dg, dagster_dbt, duckdb, subprocess, sys
from pathlib import Path

@dg.asset
def labels():
    with duckdb.connect("some.duckdb") as db:
        db.execute("create or replace table labels as select 1 as item")

with dg.DagsterInstance.from_config("home") as instance:
    assert dg.materialize([labels], instance=instance).success

import great_expectations as gx, pandas as pd
context = gx.get_context(mode="ephemeral")
rows = context.data_sources.add_pandas("some").add_dataframe_asset("rows")
batch = rows.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": pd.DataFrame({"item": [1, 2, 3]})})
assert batch.validate(gx.expectations.ExpectColumnValuesToBeUnique(column="item")).success

from sklearn.linear_model import LogisticRegression
LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])

dbt = Path(sys.executable).with_name("dbt")
where = ["--project-dir", "project", "--profiles-dir", "project", "--no-write-json"]
subprocess.run([dbt, "--quiet", "build", *where], check=True)

from mlflow import MlflowClient
client = MlflowClient("sqlite:///mlflow.db")
found = client.get_experiment_by_name("some")
run = client.create_run(found.experiment_id if found else client.create_experiment("some"))
client.log_metric(run.info.run_id, "items", 30)
client.set_terminated(run.info.run_id)
"""

PROJECT = {
    "dbt_project.yml": "name: some\nversion: '1.0'\nconfig-version: 2\nprofile: some\n",
    "profiles.yml": "some: {target: here, outputs: {here: {type: duckdb, path: some.duckdb}}}\n",
    "models/items.sql": "select item from labels\n",
}


def alone(folder: Path, program: str) -> Took:
    """Run a program of packages alone in ``folder``."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", QUIET + program],
        cwd=folder,
        env={**os.environ, **SWITCHES},
        capture_output=True,
        check=True,
    )
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def prepare(folder: Path) -> None:
    """Make everything stand, so that what is timed is no first time."""
    (folder / "home").mkdir()
    (folder / "home" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    for name, text in PROJECT.items():
        path = folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    alone(folder, ONE_MORE)


def main() -> None:
    """Print one line a command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    took: dict[str, list[Took]] = {}
    with tempfile.TemporaryDirectory(prefix="floor") as folder:
        packages, project = Path(folder) / "packages", Path(folder) / "project"
        packages.mkdir()
        prepare(packages)
        project.mkdir()
        batches.make(project, student=True)
        batches.land(project, 0, 10)
        command(ROOT, project, "run", "small")
        for n in range(given.runs):
            for name, program in (("nothing new", NOTHING_NEW), ("one more batch", ONE_MORE)):
                if name == "one more batch":
                    batches.land(project, 10 + n, 11 + n)
                took.setdefault(f"{name}, packages", []).append(alone(packages, program))
                took.setdefault(name, []).append(command(ROOT, project, "run", "small"))
    print("| | packages alone, s | ours, s | packages alone, CPU s | ours, CPU s | share |")
    print("|---|---|---|---|---|---|")
    for name in ("nothing new", "one more batch"):
        bare, ours = took[f"{name}, packages"], took[name]
        figures = [
            statistics.median(getattr(one, what) for one in side)
            for what in ("seconds", "cpu")
            for side in (bare, ours)
        ]
        told = " | ".join(f"{figure:.1f}" for figure in figures)
        print(f"| {name} | {told} | {100 * figures[2] / figures[3]:.0f} % |")


if __name__ == "__main__":
    main()
