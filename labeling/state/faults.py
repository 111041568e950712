"""What PostgreSQL refuses, in the words and kinds that whoever keeps a state knows."""

import sqlite3

from labeling.errors import LabelingError

ADVICE = "See that PostgreSQL runs and that this is its address (state.postgres in task.yaml), and run again"
RIGHTS = (
    "make a schema (`grant create on database DATABASE to USER`), or, where the schema is another's, have its "
    "owner grant its tables and sequences (`grant all on all tables in schema SCHEMA to USER`), or name another user"
)


class StateGoneError(LabelingError):
    """The database of a state does not answer, or takes nothing; what was committed there stands."""


UNREACHABLE = (StateGoneError, sqlite3.OperationalError)
"""What a state raises where it cannot be reached or used just now."""

REFUSED = sqlite3.Error
"""What either database raises where it does not do what it is told."""


def gone(name: str, error: Exception) -> StateGoneError:
    """Say that a database cannot be reached, or lets nobody in.

    Examples
    --------
    >>> print(gone("postgres://db/labels", ValueError('FATAL:  database "labels" does not exist')))
    postgres://db/labels does not let us in: database "labels" does not exist. See that this is its address (state.postgres in task.yaml), and run again
    >>> print(gone("postgres://db/labels", ValueError("fe_sendauth: no password supplied")))
    postgres://db/labels does not let us in: fe_sendauth: no password supplied. Give the password in PGPASSWORD or ~/.pgpass, and run again
    """
    told = first_line(error)
    why = (told.partition("FATAL:")[2] or told).strip()
    if "password" in why:
        mend = "Give the password in PGPASSWORD or ~/.pgpass, and run again"
    elif "does not exist" in why or "authentication" in why:
        mend = "See that this is its address (state.postgres in task.yaml), and run again"
    else:
        return StateGoneError(
            f"{name} does not answer: {told}; what stands there is kept. {ADVICE}"
        )
    return StateGoneError(f"{name} does not let us in: {why}. {mend}")


def as_known(name: str, error: Exception, wait_s: int) -> Exception:
    """Return a fault of psycopg as one of :mod:`sqlite3`, or as :class:`StateGoneError`."""
    import psycopg
    from psycopg import errors

    told = first_line(error)
    if isinstance(error, psycopg.IntegrityError):
        return sqlite3.IntegrityError(told)
    if isinstance(error, errors.InsufficientPrivilege):
        return StateGoneError(f"{name}: {told}; let the user of state.postgres {RIGHTS}")
    if isinstance(error, errors.LockNotAvailable):
        return sqlite3.OperationalError(f"{name}: another writer held it for {wait_s} s")
    if isinstance(error, psycopg.OperationalError | errors.ReadOnlySqlTransaction):
        return StateGoneError(f"{name} takes nothing: {told}; what stands there is kept. {ADVICE}")
    return sqlite3.OperationalError(f"{name}: {told}")


def first_line(error: Exception) -> str:
    """Return what an error says first."""
    return str(error).strip().partition("\n")[0]
