"""What ``task.yaml`` may say of where the task's tables lie."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from resources.task.settings.section import Remakes, Section

POSTGRES = ("postgres", "postgresql")
SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*)://")


def check_postgres(address: str, allowed: str) -> None:
    """See that an address names a database of PostgreSQL, and holds no password.

    Raises
    ------
    ValueError
        Saying what is wrong; ``allowed`` says what may stand there.
    """
    scheme = SCHEME.match(address)
    if scheme is None or scheme[1] not in POSTGRES:
        raise ValueError(f"{allowed}; no other database is known")
    parts = urlsplit(address)
    if parts.password is not None:
        raise ValueError(
            "a password stands in the address; take it out, and give it in PGPASSWORD or ~/.pgpass"
        )
    if not parts.hostname or not parts.path.strip("/"):
        raise ValueError("say host and database: postgres://user@host/database")


class Lake(Section):
    """Tables as Parquet files with every change kept, and a catalog that says which files count."""

    catalog: Annotated[str, Remakes.NOTHING] = Field(
        default="{var}/lake.ducklake",
        description="A file, or a database of PostgreSQL: postgres://user@host/database. A password is "
        "taken from PGPASSWORD or ~/.pgpass.",
    )
    data: Annotated[str, Remakes.NOTHING] = Field(
        default="{var}/lake",
        description="A folder, or s3://bucket/prefix; the task has a folder of its own in it. Keys are "
        "taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    )

    @field_validator("catalog")
    @classmethod
    def _catalog_is_a_file_or_postgres(cls, catalog: str) -> str:
        if SCHEME.match(catalog):
            check_postgres(catalog, "a catalog is a file, or postgres://user@host/database")
        return catalog

    @field_validator("data")
    @classmethod
    def _data_are_in_a_folder_or_s3(cls, data: str) -> str:
        scheme = SCHEME.match(data)
        if scheme is not None and (scheme[1] != "s3" or not urlsplit(data).hostname):
            raise ValueError(
                "data lie in a folder, or in s3://bucket/prefix; no other place is known"
            )
        if "@" in data and scheme is not None:
            raise ValueError(
                "keys do not stand in task.yaml; give them in AWS_ACCESS_KEY_ID and so on"
            )
        return data


class Store(Section):
    """Where the task's tables lie: in one file, unless a lake is named."""

    lake: Lake | None = None
