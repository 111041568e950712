#!/usr/bin/env bash
# sqlglot turns an upsert of SQLite into one that PostgreSQL refuses, and max(a, b) into another result.
#
# Guess:    sqlglot.transpile(sql, read="sqlite", write="postgres") of a plain `insert ... on conflict (id) do update`
#           is the same statement, which both databases share; max(a, b) of two columns becomes what gives the same.
# Happens:  SQLite sorts nulls first, so sqlglot writes NULLS FIRST behind every ordered column, and takes the
#           conflict's target for one: `ON CONFLICT(id NULLS FIRST)`, which PostgreSQL 16 refuses by rule. SQLite's
#           max(1, null) is null; it becomes GREATEST(1, NULL), which PostgreSQL reads as 1.
# Source:   PostgreSQL's page on INSERT, conflict_target ("an index_column_name ..."; order and nulls are not among what may
#           follow) and on GREATEST ("NULL values in the argument list are ignored"); SQLite's page on core functions,
#           max(X,Y,...) ("returns NULL if any argument is NULL").
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet sqlglot==30.30.0 pgserver==0.1.4 "psycopg[binary]==3.3.9"

cat >"$folder/both.py" <<'PYTHON'
import sqlite3
import sys
from pathlib import Path

import pgserver
import psycopg
import sqlglot

UPSERT = "insert into kept (id, n) values (1, 2) on conflict (id) do update set n = excluded.n"
LARGER = "select max(1, null)"

sqlite = sqlite3.connect(":memory:")
sqlite.execute("create table kept (id integer primary key, n integer)")
sqlite.execute(UPSERT)
upsert, larger = (
    sqlglot.transpile(sql, read="sqlite", write="postgres")[0] for sql in (UPSERT, LARGER)
)
server = pgserver.get_server(Path(sys.argv[1]), cleanup_mode="stop")
with psycopg.connect(server.get_uri(), autocommit=True) as postgres:
    print("sqlglot", sqlglot.__version__, "PostgreSQL", postgres.info.server_version)
    postgres.execute("create table kept (id integer primary key, n integer)")
    postgres.execute(UPSERT)
    print("the upsert as it stands: both databases take it")
    try:
        postgres.execute(upsert)
        refused = "taken"
    except psycopg.Error as error:
        refused = str(error).partition("\n")[0]
    print("transpiled:", upsert)
    print("PostgreSQL:", refused)
    here = sqlite.execute(LARGER).fetchone()[0]
    there = postgres.execute(larger).fetchone()[0]
    print(f"{LARGER}: {here} in SQLite; {larger}: {there} in PostgreSQL")
server.cleanup()
if not ("NULLS FIRST" in upsert and "not allowed" in refused and (here, there) == (None, 1)):
    sys.exit("Changed: upserts and max(a, b) no longer go wrong between the two as described.")
PYTHON
"$folder/venv/bin/python" "$folder/both.py" "$folder/data"
