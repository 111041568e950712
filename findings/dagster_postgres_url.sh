#!/usr/bin/env bash
# With SQLAlchemy 2.1, dagster-postgres at the address of its manual makes its tables, and every event raises.
#
# Guess:    `postgres_url: postgresql://user@host/db` in dagster.yaml, as the manual has it, works with every version of
#           SQLAlchemy that dagster allows (<3): psycopg2, which dagster-postgres asks for, is installed.
# Happens:  SQLAlchemy 2.1 takes psycopg 3 for `postgresql://`. Where that is not installed, the storage cannot be opened; where
#           it is, because something else needs it, tables are made and read, and the first event is written and then raises a
#           syntax error: psycopg 3 binds on the server, and PostgreSQL takes no parameter in `NOTIFY run_events, ...`.
#           The same with `postgresql+psycopg2://` works.
# Source:   SQLAlchemy's "What's New in SQLAlchemy 2.1?" (psycopg is the default of the postgresql dialect); Dagster's
#           page "dagster.yaml reference", PostgreSQL storage; dagster_postgres/event_log/event_log.py, store_event.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dagster==1.13.27 dagster-postgres==0.29.27 sqlalchemy==2.1.9 \
    psycopg2-binary==2.9.13 pgserver==0.1.4

cat >"$folder/store.py" <<'PYTHON'
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pgserver
from dagster import EventLogEntry
from dagster_postgres import PostgresEventLogStorage

NAMES = ("dagster", "dagster-postgres", "SQLAlchemy", "psycopg2-binary")
EVENT = EventLogEntry(
    error_info=None,
    level=20,
    user_message="hello",
    run_id="11111111-1111-1111-1111-111111111111",
    timestamp=time.time(),
    dagster_event=None,
)


def stored(address):
    """What becomes of one event."""
    try:
        storage = PostgresEventLogStorage(address, should_autocreate_tables=True)
        storage.store_event(EVENT)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return "stored"


server = pgserver.get_server(Path(sys.argv[1]), cleanup_mode="stop")
plain = server.get_uri()
assert plain.startswith("postgresql://"), plain
print(*(f"{name} {version(name)}," for name in NAMES), sys.argv[2])
by_manual, by_name = (
    stored(plain.replace("postgresql", name, 1)) for name in ("postgresql", "postgresql+psycopg2")
)
server.cleanup()
print("  postgresql://", by_manual)
print("  postgresql+psycopg2://", by_name)
if sys.argv[3] not in by_manual or by_name != "stored":
    sys.exit("Changed: the address of the manual no longer fails as described.")
PYTHON

"$folder/venv/bin/python" "$folder/store.py" "$folder/one" "psycopg2 alone" "No module named 'psycopg'"
"$folder/venv/bin/pip" install --quiet "psycopg[binary]==3.3.9"
"$folder/venv/bin/python" "$folder/store.py" "$folder/two" "psycopg 3 beside it" 'syntax error at or near "$1"'
