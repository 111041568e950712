"""What ``task.yaml`` may say of where what must never be lost is kept."""

from typing import Annotated

from pydantic import Field, field_validator

from resources.task.settings.section import Remakes, Section
from resources.task.settings.store import check_postgres


class State(Section):
    """Where answers, what they cost, and alerts are kept: in files, or in a database for many machines."""

    postgres: Annotated[str | None, Remakes.NOTHING] = Field(
        default=None,
        description="A database of PostgreSQL: postgres://user@host/database; the task has a schema of its own "
        "in it. A password is taken from PGPASSWORD or ~/.pgpass.",
    )

    @field_validator("postgres")
    @classmethod
    def _it_names_a_database(cls, address: str | None) -> str | None:
        if address is not None:
            check_postgres(address, "say postgres://user@host/database")
        return address
