"""Addresses of databases of PostgreSQL: as messages name them, and as PostgreSQL's own library takes them."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

CONNECT_S = 10
"""How long PostgreSQL may take to answer a connection, in seconds, unless the address says so."""


def named(address: str, schema: str) -> str:
    """Return what messages call a schema: its address without options.

    Examples
    --------
    >>> named("postgres://me@db.example/labels?sslmode=require", "letters")
    'postgres://me@db.example/labels, schema letters'
    """
    return f"{urlunsplit(urlsplit(address)._replace(query=''))}, schema {schema}"


def conninfo(address: str, **options: int) -> str:
    """Return an address as libpq takes it, with an end to its patience.

    Parameters
    ----------
    address : str
        ``postgres://user@host/database``; its own options count before all others.
    **options : int
        What libpq is told beside them.

    Examples
    --------
    >>> conninfo("postgres://me@db.example/labels", keepalives_idle=30)
    'postgresql://me@db.example/labels?connect_timeout=10&keepalives_idle=30'
    """
    parts = urlsplit(address)
    said = {"connect_timeout": CONNECT_S, **options, **dict(parse_qsl(parts.query))}
    return urlunsplit(parts._replace(scheme="postgresql", query=urlencode(said)))
