"""Which test runs which line, and in what time: a pytest plugin. It takes coverage.

    pytest -p bench.mutation.reach --reach OUT.json -n 0 tests/...

OUT.json holds, for each test that passed, its seconds and the lines of ours that it ran, those of
the shared fixtures it asked for among them.
"""

import json
from collections import defaultdict
from pathlib import Path

import coverage
import pytest

PACKAGES = ("assets", "expectations", "labeling")


def pytest_addoption(parser):
    parser.addoption("--reach", type=Path, required=True)


def pytest_configure(config):
    config.pluginmanager.register(Reach(config.getoption("--reach")))


class Reach:
    def __init__(self, out):
        self.out, self.seconds, self.fixtures, self.passed = out, defaultdict(float), {}, set()
        self.coverage = coverage.Coverage(data_file=None, source_dirs=list(PACKAGES))
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.now = item.nodeid
        self.coverage.switch_context(item.nodeid)
        self.fixtures[item.nodeid] = set(item.fixturenames)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        if fixturedef.scope == "function":
            return (yield)
        self.coverage.switch_context(f"fixture {fixturedef.argname}")
        try:
            return (yield)
        finally:
            self.coverage.switch_context(self.now)

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] += report.duration
        if report.when == "call" and report.passed:
            self.passed.add(report.nodeid)

    def pytest_sessionfinish(self):
        self.coverage.stop()
        data = self.coverage.get_data()
        lines = defaultdict(set)
        for path in data.measured_files():
            name = str(Path(path).relative_to(Path.cwd()))
            for line, contexts in data.contexts_by_lineno(path).items():
                for context in contexts:
                    lines[context].add(f"{name}:{line}")
        made = {
            test: {
                "seconds": round(self.seconds[test], 2),
                "fixtures": sorted(f for f in self.fixtures[test] if lines.get(f"fixture {f}")),
                "lines": sorted(lines[test]),
            }
            for test in self.passed
        }
        shared = {c: sorted(at) for c, at in lines.items() if c.startswith("fixture ")}
        self.out.write_text(json.dumps({"tests": made, "fixtures": shared}))
