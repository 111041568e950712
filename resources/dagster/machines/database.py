"""The database of PostgreSQL that holds an instance: reached, made once, and of the right version."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from labeling.state.line import SILENT_S
from resources.dagster.settings import NAME, postgres_of, read_settings
from resources.task.errors import TaskError

if TYPE_CHECKING:
    import dagster as dg
    from sqlalchemy import Connection, Engine

SETTINGS = (
    f"set tcp_keepalives_idle = {SILENT_S}",
    "set tcp_keepalives_interval = 5",
    "set tcp_keepalives_count = 3",
)
"""Said on each line: PostgreSQL lets go of a machine that is gone within a minute."""

MADE = """
select (select version_num from alembic_version),
    (select count(*) from secondary_indexes where name = 'schedule_ticks_selector_id')
"""
"""The version of the tables, and whether the last step of making them was done."""


class InstanceGoneError(TaskError):
    """The database of the instance does not answer, or lets nobody in; what was written there stands."""


class Database:
    """Where an instance lies that any number of machines share.

    Parameters
    ----------
    postgres : mapping
        ``storage.postgres`` as Dagster takes it, variables of the environment by their names.
    """

    def __init__(self, postgres: Mapping[str, Any]) -> None:
        self.postgres = postgres

    @classmethod
    def of_project(cls, project: Path) -> "Database | None":
        """Return the database that ``dagster.yaml`` of a project names, if it names one."""
        postgres = postgres_of(read_settings(project))
        return None if postgres is None else cls(postgres)

    @classmethod
    def of(cls, instance: "dg.DagsterInstance") -> "Database | None":
        """Return the database that holds an instance; ``None`` for files of SQLite."""
        if not type(instance.run_storage).__module__.startswith("dagster_postgres"):
            return None
        data = instance.get_ref().storage_data
        return None if data is None else cls(yaml.safe_load(data.config_yaml))

    def __str__(self) -> str:
        return (
            self._engine.url.set(drivername="postgresql", password=None, query={})
        ).render_as_string()

    @contextmanager
    def line(self) -> "Generator[Connection]":
        """Lay a line to it; each statement stands by itself.

        Raises
        ------
        InstanceGoneError
            If it does not answer.
        """
        with self._faults():
            connection = self._engine.connect()
        try:
            with self._faults():
                for said in SETTINGS:
                    connection.exec_driver_sql(said)
            yield connection
        finally:
            connection.close()

    def version(self) -> str | None:
        """Return the version of the tables; ``None`` where they are not made, or not to the end."""
        from sqlalchemy.exc import ProgrammingError

        with self.line() as line:
            try:
                version, done = line.exec_driver_sql(MADE).one()
            except ProgrammingError:
                return None
        return str(version) if version and done else None

    def server(self) -> str:
        """Return the version of PostgreSQL."""
        with self.line() as line:
            return str(line.exec_driver_sql("show server_version").scalar_one()).split()[0]

    def check(self) -> bool:
        """Return whether the tables are made.

        Raises
        ------
        TaskError
            If another version of Dagster made them.
        """
        there = self.version()
        if there is None:
            return False
        here = self._of_package()
        if there != here:
            raise TaskError(
                f"{self} was made by another version of Dagster: its tables are of {there}, and here is {here}; "
                "install that version of Touchstone here too, or, where this one is the newer, end all that runs "
                "on every machine and give `DAGSTER_HOME=var/dagster dagster instance migrate` once"
            )
        return True

    @contextmanager
    def making(self) -> Generator[None]:
        """Say in a sentence what PostgreSQL refuses while tables are made."""
        from sqlalchemy.exc import ProgrammingError

        try:
            yield
        except ProgrammingError as error:
            told = str(error.orig).strip().partition("\n")[0]
            raise TaskError(
                f"{self}: Dagster cannot make its tables there: {told}; give its user a database of its own "
                "(`create database NAME owner USER`), or the right (`grant create on schema public to USER`)"
            ) from None

    def finish(self, instance: "dg.DagsterInstance") -> None:
        """Do what Dagster does after it made its tables: by what a kill left out, nothing is found."""
        storage: Any
        for storage in (instance.run_storage, instance.schedule_storage):
            storage.migrate()
            storage.optimize()
        instance.event_log_storage.reindex_events()
        instance.event_log_storage.reindex_assets()

    def _of_package(self) -> str:
        """Return the version of the tables that the installed package makes."""
        from resources.dagster.machines.storage import Storage

        storage = Storage.from_config_value(
            None, {**self._resolved, "should_autocreate_tables": False}
        )
        version = storage.event_log_storage.alembic_version()
        return str(version and version[1])

    @cached_property
    def _resolved(self) -> dict[str, Any]:
        """``storage.postgres`` with the values of variables: never to be written or told."""
        from dagster._config import process_config, resolve_to_config_type
        from dagster._core.storage.config import pg_config

        found = process_config(resolve_to_config_type(pg_config()), self.postgres)
        if not found.success or found.value is None:
            told = "; ".join(error.message for error in found.errors or ())
            raise TaskError(f"{NAME}: storage.postgres: {told}")
        return dict(found.value)

    @cached_property
    def _engine(self) -> "Engine":
        from dagster_postgres.utils import create_pg_engine, get_token_provider_from_config
        from sqlalchemy.pool import NullPool

        from resources.dagster.machines.storage import address

        return create_pg_engine(
            address(self._resolved).render_as_string(hide_password=False),
            get_token_provider_from_config(self._resolved),
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
        )

    @contextmanager
    def _faults(self) -> Generator[None]:
        from sqlalchemy.exc import DBAPIError

        try:
            yield
        except DBAPIError as error:
            raise gone(str(self), error.orig or error) from None


def gone(name: str, error: BaseException) -> InstanceGoneError:
    """Say that the database of an instance cannot be reached, or lets nobody in.

    Examples
    --------
    >>> print(gone("postgresql://me@db/runs", ValueError('FATAL:  database "runs" does not exist')))
    postgresql://me@db/runs, where Dagster keeps its runs, does not let us in: database "runs" does not exist; see that dagster.yaml names it and who we are
    """
    told = str(error).strip().partition("\n")[0]
    why = told.partition("FATAL:")[2].strip()
    if "does not exist" in why or "authentication" in why or "pg_hba" in why:
        return InstanceGoneError(
            f"{name}, where Dagster keeps its runs, does not let us in: {why}; "
            "see that dagster.yaml names it and who we are"
        )
    return InstanceGoneError(
        f"{name}, where Dagster keeps its runs, does not answer: {told}; see that PostgreSQL runs, "
        "and give the command again: what was finished stands"
    )
