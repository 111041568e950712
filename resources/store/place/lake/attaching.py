"""A lake attached to a DuckDB of this process or of dbt's."""

import re
from urllib.parse import urlsplit

import duckdb

from resources.environment import secret
from resources.store.place.lake.address import LakeAddress
from resources.store.place.lake.extensions import load
from resources.task.errors import DamagedError, TaskError

ALIAS = "warehouse"
"""Name of the lake among the databases of a connection."""

OTHER_FORMAT = re.compile(
    r"catalog version is (\S+), but the extension requires version (\S+?)\.?\s"
)


def attach(
    db: duckdb.DuckDBPyConnection,
    lake: LakeAddress,
    snapshot: int | None = None,
    name: str = ALIAS,
) -> None:
    """Attach a lake under a name; one that does not stand is made.

    Parameters
    ----------
    snapshot : int, optional
        Read it as it was then; nothing can be written.

    Raises
    ------
    duckdb.IOException
        As DuckDB says it, where another program has the catalog's file open.
    TaskError
        If it cannot be read, or does not answer; naming it and what to do.
    """
    names = ["ducklake"]
    # few rows would stand in the catalog itself, where the last digit of a number may be another
    options = [f"data_path {quoted(lake.data + '/')}", "override_data_path true"]
    options.append("data_inlining_row_limit 0")
    if lake.file is not None:
        lake.file.parent.mkdir(parents=True, exist_ok=True)
        catalog = str(lake.file)
    else:
        names.append("postgres_scanner")
        catalog = f"postgres:{lake.conninfo}"
        options.append(f"metadata_schema {quoted(lake.schema)}")
    if lake.folder is not None:
        lake.folder.mkdir(parents=True, exist_ok=True)
    else:
        names.append("httpfs")
    if snapshot is not None:
        options.append(f"snapshot_version {snapshot:d}")
    load(db, names)
    if lake.folder is None:
        db.execute(_s3())
    try:
        db.execute(f"attach {quoted(f'ducklake:{catalog}')} as {name} ({', '.join(options)})")
    except duckdb.Error as error:
        raise _refusal(lake, error) or error from None


def cut_off(lake: LakeAddress, fault: object) -> TaskError:
    """Say that PostgreSQL does not answer; ``fault`` is what its library said."""
    said = re.sub(r"\s+", " ", str(fault)).strip()
    because = re.search(r"failed: (?:FATAL: +)?([^?]*?)(?: Is the server|$)", said)
    return TaskError(
        f"{lake.catalog_of_task}: the lake's catalog does not answer"
        f" ({(because[1] if because else said or 'the line was cut')[:200]}); see that PostgreSQL runs and "
        "lets you in, then give the command again: what was finished stands"
    )


def unreadable(lake: LakeAddress, error: duckdb.Error) -> DamagedError:
    """Say that a lake is damaged, and the way out."""
    fault = str(error).partition("\n")[0].rstrip("!.")
    return DamagedError(
        f"{lake.catalog_of_task} cannot be read: {fault}. If it is damaged, `touchstone reset "
        f"{lake.task}` begins it anew; reviews and model answers stand elsewhere"
    )


def quoted(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _refusal(lake: LakeAddress, error: duckdb.Error) -> TaskError | None:
    said = str(error)
    if other := OTHER_FORMAT.search(said):
        return TaskError(
            f"{lake.catalog_of_task} was made by another version: its lake is of format {other[1]}, and "
            f"DuckLake here reads {other[2]}. Nothing was changed; install the `touchstone[lake]` that "
            "made it, or a newer one"
        )
    if lake.file is None and isinstance(error, duckdb.IOException):
        return cut_off(lake, said)
    if "onflicting lock is held" in said:
        return None
    return unreadable(lake, error)


def _s3() -> str:
    """Tell DuckDB the keys of the environment, in memory alone."""
    told = {
        "key_id": secret("AWS_ACCESS_KEY_ID"),
        "secret": secret("AWS_SECRET_ACCESS_KEY"),
        "session_token": secret("AWS_SESSION_TOKEN"),
        "region": secret("AWS_REGION") or secret("AWS_DEFAULT_REGION"),
    }
    if not told["key_id"] or not told["secret"]:
        raise TaskError(
            "store.lake.data lies in S3, and AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set: export "
            "both"
        )
    if endpoint := secret("AWS_ENDPOINT_URL_S3") or secret("AWS_ENDPOINT_URL"):
        address = urlsplit(endpoint)
        told |= {"endpoint": address.netloc, "url_style": "path"}
        told["use_ssl"] = str(address.scheme == "https").lower()
    given = ", ".join(f"{name} {quoted(value)}" for name, value in told.items() if value)
    return f"create or replace secret lake (type s3, {given})"
