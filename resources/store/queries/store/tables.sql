-- name: standing
-- Schema and name of all that stands, marts too, which commands read there: tables and views.
select table_schema, table_name from information_schema.tables where table_catalog = current_database()

-- name: stored
-- Schema and name of every table whose rows are stored.
select schema_name, table_name from duckdb_tables() where database_name = current_database()
