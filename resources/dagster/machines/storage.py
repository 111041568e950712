"""Dagster's storage in PostgreSQL, reached by the driver that it is written for.

``postgresql://`` is psycopg's to SQLAlchemy from 2.1 on, and dagster-postgres speaks to psycopg2 alone:
with the address that its manual gives, no event can be stored.
"""

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import get_token_provider_from_config, pg_url_from_config
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from labeling.state.address import CONNECT_S
from labeling.state.line import SILENT_S
from resources.dagster.settings import NAME
from resources.task.errors import TaskError

DRIVER = "postgresql+psycopg2"
OPTIONS = {
    "connect_timeout": str(CONNECT_S),
    "keepalives_idle": str(SILENT_S),
    "tcp_user_timeout": str(SILENT_S * 1000),
}
"""An end to libpq's patience, unless the address says otherwise."""


class Storage(DagsterPostgresStorage):
    """Dagster's own, at the address that :func:`address` makes of what ``dagster.yaml`` says."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "Storage":
        """Build it from ``dagster.yaml``."""
        return cls(
            address(config_value).render_as_string(hide_password=False),
            config_value.get("should_autocreate_tables", True),
            inst_data,
            get_token_provider_from_config(config_value),
        )


def address(said: Mapping[str, Any]) -> URL:
    """Return where the database is, with driver and options.

    Parameters
    ----------
    said : mapping
        ``storage.postgres``, with the values of variables.

    Raises
    ------
    TaskError
        If it is no address of PostgreSQL; it is not repeated, since it may hold a password.

    Examples
    --------
    >>> url = address({"postgres_url": "postgres://me@db.example/runs?connect_timeout=3"})
    >>> url.drivername, url.database, url.query["connect_timeout"]
    ('postgresql+psycopg2', 'runs', '3')
    """
    try:
        url = make_url(pg_url_from_config(said))
    except (ArgumentError, ValueError):
        url = make_url("nothing://")
    if url.drivername.partition("+")[0] not in ("postgres", "postgresql") or not url.database:
        raise TaskError(
            f"{NAME}: storage.postgres: this is no address of a database of PostgreSQL; "
            "write postgresql://user@host:5432/database"
        )
    return url.set(drivername=DRIVER, query={**OPTIONS, **url.query})
