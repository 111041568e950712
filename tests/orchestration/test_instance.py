"""Dagster's own storage, as dagster.yaml describes it."""

import dagster as dg
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.engine import Engine

from orchestration.event_log import EventLog
from orchestration.instance import open_instance


@dg.asset
def thing() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 3})


def test_the_event_log_is_dagsters_own_file_for_file(tmp_path):
    with open_instance(tmp_path) as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        run = dg.materialize([thing], instance=instance).run_id
    config = tmp_path / "dagster" / "dagster.yaml"
    written = config.read_text()
    assert str(tmp_path) in written
    # the same files, read by the class that Dagster takes by default
    config.write_text("telemetry: {enabled: false}\n")
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as plain:
        assert not isinstance(plain.event_log_storage, EventLog)
        made = plain.get_latest_materialization_event(thing.key)
        assert made is not None
        assert made.run_id == run
        assert made.asset_materialization.metadata["rows"].value == 3
        assert len(plain.all_logs(run)) > 5


def test_one_engine_serves_all_statements_on_a_file(tmp_path):
    with open_instance(tmp_path) as instance:
        dg.materialize([thing], instance=instance)
        log = instance.event_log_storage
        assert isinstance(log, EventLog)
        used: set[Engine] = set()

        def note(connection: object, *_: object) -> None:
            used.add(connection.engine)  # pyright: ignore[reportAttributeAccessIssue]

        sqlalchemy_event.listen(Engine, "before_cursor_execute", note)
        try:
            for _ in range(3):
                log.get_logs_for_run("nobody")
                instance.get_latest_materialization_event(thing.key)
        finally:
            sqlalchemy_event.remove(Engine, "before_cursor_execute", note)
        assert {str(engine.url) for engine in used} >= {log.conn_string_for_shard("index")}
        assert len({e for e in used if str(e.url) == log.conn_string_for_shard("index")}) == 1
