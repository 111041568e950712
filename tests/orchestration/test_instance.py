"""Dagster's own storage, as dagster.yaml describes it."""

import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.test_utils import create_run_for_test
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.pool import Pool

from resources.dagster.event_log import EventLog
from resources.dagster.instance import open_instance


@dg.asset
def thing() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 3})


def test_the_event_log_is_dagsters_own_file_for_file(tmp_path):
    with open_instance(tmp_path) as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        # the file of the first run is made by Dagster, that of the second is a copy
        runs = [dg.materialize([thing], instance=instance).run_id for _ in range(2)]
    config = tmp_path / "dagster" / "dagster.yaml"
    written = config.read_text()
    assert str(tmp_path) in written
    # the same files, read by the class that Dagster takes by default
    config.write_text("telemetry: {enabled: false}\n")
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as plain:
        assert not isinstance(plain.event_log_storage, EventLog)
        made = plain.get_latest_materialization_event(thing.key)
        assert made is not None
        assert made.run_id == runs[-1]
        assert made.asset_materialization.metadata["rows"].value == 3
        assert [len(plain.all_logs(run)) > 5 for run in runs] == [True, True]
        plain.event_log_storage.upgrade()


def opened(log: EventLog, work: Callable[[], object]) -> list[str]:
    """Files that are opened while something works, by name."""
    names: list[str] = []

    def note(connection: Any, record: object) -> None:
        del record
        names.append(Path(connection.execute("pragma database_list").fetchone()[2]).stem)

    sqlalchemy_event.listen(Pool, "connect", note)
    try:
        work()
    finally:
        sqlalchemy_event.remove(Pool, "connect", note)
    folder = Path(log.path_for_shard("index")).parent
    return [name for name in names if (folder / f"{name}.db").is_file()]


def test_a_file_is_opened_once_for_many_events(tmp_path):
    with open_instance(tmp_path) as instance:
        log = instance.event_log_storage
        assert isinstance(log, EventLog)
        dg.materialize([thing], instance=instance)
        files = opened(log, lambda: dg.materialize([thing], instance=instance))
        assert "index" not in files, "it stood open"
        run = instance.get_runs(limit=1)[0].run_id
        assert 1 <= files.count(run) <= 5, "four times by Dagster to make it, and then once"


def test_what_belongs_to_no_run_is_logged_too(tmp_path):
    with open_instance(tmp_path) as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("elsewhere"))
        made = instance.get_latest_materialization_event(dg.AssetKey("elsewhere"))
        assert made is not None
        assert made.run_id == ""
        assert len(instance.all_logs("")) == 1


def test_few_files_of_runs_stay_open(tmp_path):
    with open_instance(tmp_path) as instance:
        log = instance.event_log_storage
        assert isinstance(log, EventLog)
        for _ in range(4):
            run = dg.materialize([thing], instance=instance).run_id
        assert set(log._engines) == {"index", run, *list(log._engines)[:1]}
        assert len(log._engines) <= 3
        engines = list(log._engines.values())
    assert log._engines == {}, "the instance closes what it opened"
    assert engines


def test_who_watches_a_run_hears_of_each_event_at_once(tmp_path):
    with open_instance(tmp_path) as writer, open_instance(tmp_path) as reader:
        run = create_run_for_test(writer, "watched")
        heard: queue.Queue[str] = queue.Queue()
        reader.watch_event_logs(run.run_id, None, lambda entry, _: heard.put(entry.message))
        for word in ("one", "two"):
            writer.report_engine_event(word, run)
            assert heard.get(timeout=10) == word
            time.sleep(0.5)  # what making the file set going has been heard by then
        assert heard.empty()
        reader.dispose()


def test_what_was_logged_stands_when_the_process_is_killed(tmp_path):
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from resources.dagster.instance import open_instance\n"
        "from dagster._core.test_utils import create_run_for_test\n"
        "instance = open_instance(Path(sys.argv[1]))\n"
        "run = create_run_for_test(instance, 'killed')\n"
        "instance.report_engine_event('the last word', run)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    with open_instance(tmp_path) as instance:
        [run] = instance.get_runs()
        assert instance.all_logs(run.run_id)[-1].message == "the last word"
