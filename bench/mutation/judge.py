"""Judge mutants: each is put into a copy of the project, whose quickest tests then run.

    python bench/mutation/judge.py COPY MUTANTS.json VERDICTS.jsonl REACH.json...

COPY is a second tree of the project, never the one you work in. A mutant is tried by the tests that
run its line, or its module where that line runs as it is imported: quickest first, for `LIMIT_S`
seconds of their usual time. The first that fails kills it. Each trial is a fork of a process that
has the libraries loaded. What VERDICTS.jsonl holds already is not judged again.
"""

import importlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

LIMIT_S, LONGEST_S = 12, 90
LIBRARIES = (
    "dagster", "dagster_dbt", "duckdb", "great_expectations", "hypothesis", "litellm", "mlflow",
    "pandas", "pyarrow.parquet", "pytest", "scipy.stats", "sklearn.linear_model", "typer",
)  # fmt: skip


def main() -> None:
    copy, mutants, out, *reach = (Path(name).resolve() for name in sys.argv[1:])
    tests = [test for path in reach for test in read_reach(path)]
    known = out.read_text().splitlines() if out.is_file() else []
    judged = {json.loads(line)["at"] for line in known}
    os.chdir(copy)
    load_libraries(copy)
    drawn = enumerate(json.loads(mutants.read_text()))
    left = [(at, mutant, *choose(tests, mutant)) for at, mutant in drawn if at not in judged]
    for at, mutant, names, _ in sorted(left, key=lambda one: one[3]):
        path, began = copy / mutant["path"], time.monotonic()
        before = path.read_text("utf-8")
        try:
            path.write_text(mutant["source"], "utf-8")
            verdict, by = run(names)
        finally:
            path.write_text(before, "utf-8")
        told = {k: mutant[k] for k in ("package", "path", "line", "operator")}
        told |= {"at": at, "tests": len(names), "verdict": verdict, "by": by}
        with out.open("a") as file:
            file.write(json.dumps(told | {"seconds": round(time.monotonic() - began)}) + "\n")


def read_reach(path: Path) -> list[tuple[str, float, set[str]]]:
    found = json.loads(path.read_text())
    return [
        (
            name,
            t["seconds"],
            {*t["lines"], *(at for f in t["fixtures"] for at in found["fixtures"][f"fixture {f}"])},
        )
        for name, t in found["tests"].items()
    ]


def choose(tests: list, mutant: dict) -> tuple[list[str], float]:
    """Return the tests to try it by, and the seconds that they take."""
    place, module = f"{mutant['path']}:{mutant['line']}", f"{mutant['path']}:"
    known = [test for test in tests if place in test[2]]
    known = known or [t for t in tests if any(line.startswith(module) for line in t[2])]
    names, total = [], 0.0
    for name, seconds, _ in sorted(known, key=lambda test: test[1]):
        if total < LIMIT_S:
            names.append(name)
            total += seconds
    return names, total


def load_libraries(copy: Path) -> None:
    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = True  # two texts of one length and second would pass for one
    prepare = importlib.import_module("resources.environment").prepare
    prepare()
    for name in LIBRARIES:
        importlib.import_module(name)
    for name in [n for n in sys.modules if n.split(".")[0] == "orchestration"]:
        del sys.modules[name]


def run(tests: list[str]) -> tuple[str, str]:
    if not tests:
        return "not reached", ""
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            os.setsid()
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            import pytest

            options = ["-x", "-q", "-n", "0", "--tb=line", "-rfE", "-p", "no:cacheprovider"]
            try:
                code = int(pytest.main([*options, "--show-capture=no", *tests]))
            finally:
                sys.stdout.flush()
                os._exit(code)
        until = time.monotonic() + LONGEST_S
        ended = status = 0
        while not ended and time.monotonic() < until:
            time.sleep(0.2)
            ended, status = os.waitpid(child, os.WNOHANG)
        if not ended:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "killed", "time"
        said.seek(0)
        lines = said.read().decode("utf-8", "replace").splitlines()
    code = os.waitstatus_to_exitcode(status)
    why = [line for line in lines if line.startswith(("FAILED", "ERROR"))] or lines[-3:]
    return {0: "survived", 1: "killed"}.get(code, f"broken ({code})"), why[0][:300] if code else ""


if __name__ == "__main__":
    main()
