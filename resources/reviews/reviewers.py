"""Who may review: names, roles, tokens and sessions.

Tokens and sessions are 256 random bits, so a plain SHA-256 of them at rest cannot be guessed back;
slow hashes are for passwords that people choose.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from resources.reviews.rows import LONGEST_KEY, ReviewError
from resources.reviews.store import ReviewStore, now
from resources.reviews.writing.one_review import to_us

Role = Literal["reviewer", "adjudicator", "admin"]
ROLES: tuple[str, ...] = get_args(Role)
SESSION_S = 12 * 3600
"""How long a sign-in lasts, in seconds: a working day."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    name: str
    role: str

    @property
    def adjudicates(self) -> bool:
        """Whether disagreements may be settled by this person."""
        return self.role in ("adjudicator", "admin")


class Reviewers:
    """The people of one review store.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> people = Reviewers(ReviewStore(Path(mkdtemp()) / "reviews.sqlite"))
    >>> token = people.invite("anna", "reviewer")
    >>> session = people.sign_in(token)
    >>> people.who(session)
    Person(name='anna', role='reviewer')
    >>> people.sign_in("made up") is None
    True
    """

    def __init__(self, store: ReviewStore, *, clock: Callable[[], datetime] = now) -> None:
        self._database = store.database
        self._clock = clock

    def invite(self, name: str, role: str) -> str:
        """Return a new token for ``name``, shown once; an earlier one and its sessions end.

        Raises
        ------
        ReviewError
            If the name is empty or too long, or the role is not one of :data:`ROLES`.
        """
        if role not in ROLES:
            raise ReviewError(f"role {role!r} is not one of {', '.join(ROLES)}")
        if not 0 < len(name) <= LONGEST_KEY or not name.isprintable() or name != name.strip():
            raise ReviewError(
                f"{name!r} cannot be a reviewer's name: 1 to {LONGEST_KEY} printable characters, "
                "no space at either end"
            )
        token = f"ts_{secrets.token_urlsafe(32)}"
        with self._database.write() as db:
            db.execute("delete from sessions where name = ?", (name,))
            db.execute(
                "insert into people (name, role, token_hash, invited_us) values (?, ?, ?, ?)"
                " on conflict (name) do update set role = excluded.role,"
                " token_hash = excluded.token_hash",
                (name, role, _hash(token), self._now_us()),
            )
        return token

    def revoke(self, name: str) -> bool:
        """End a person's token and sessions; their reviews stay. Returns whether there was one."""
        with self._database.write() as db:
            db.execute("delete from sessions where name = ?", (name,))
            return bool(
                db.execute(
                    "update people set token_hash = null where name = ? and token_hash is not null",
                    (name,),
                ).rowcount
            )

    def listed(self) -> list[tuple[Person, bool]]:
        """Return everybody who was ever invited, by name, and whether the token holds."""
        with self._database.read() as db:
            rows = db.execute(
                "select name, role, token_hash is not null as may from people order by name"
            ).fetchall()
        return [(Person(row["name"], row["role"]), bool(row["may"])) for row in rows]

    def sign_in(self, token: str) -> str | None:
        """Return a new session for a valid token, else ``None``."""
        session = secrets.token_urlsafe(32)
        with self._database.write() as db:
            db.execute("delete from sessions where ends_us <= ?", (self._now_us(),))
            person = db.execute(
                "select name from people where token_hash = ?", (_hash(token),)
            ).fetchone()
            if person is None:
                return None
            db.execute(
                "insert into sessions values (?, ?, ?)",
                (_hash(session), person["name"], self._now_us() + SESSION_S * 1_000_000),
            )
        return session

    def who(self, session: str | None) -> Person | None:
        """Return whose session this is, or ``None`` if it is nobody's or over."""
        if not session:
            return None
        with self._database.read() as db:
            row = db.execute(
                "select p.name, p.role from sessions as s join people as p using (name)"
                " where s.session_hash = ? and s.ends_us > ?",
                (_hash(session), self._now_us()),
            ).fetchone()
        return None if row is None else Person(row["name"], row["role"])

    def sign_out(self, session: str) -> None:
        """End one session."""
        with self._database.write() as db:
            db.execute("delete from sessions where session_hash = ?", (_hash(session),))

    def _now_us(self) -> int:
        return to_us(self._clock())


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
