"""The tables of the review store, and the line to them: every commit is on disk before it returns.

Reviews are append-only: triggers refuse an update or a delete, whoever asks. ``read_reviews`` reads
them through the record of class changes: an answer whose class is gone is a skip, one of another text
than the item has now is set ``aside`` (:mod:`resources.reviews.sight`). A partial unique
index makes it impossible for two people to hold the same item.
"""

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from labeling.files.sqlite import add_columns
from labeling.state.connection import Connection
from labeling.state.dialect import only_grows
from labeling.state.place import Place, SqliteFile, place_of
from resources.reviews.sight import add_sights
from resources.task.classes import record as class_record

TABLES = """
create table if not exists items (
    item_id text not null,
    batch text not null,
    text text not null,
    image text,
    context text not null default '{}',
    suggestion text,
    sight text,
    primary key (item_id, batch)
);

create table if not exists assignments (
    item_id text not null,
    batch text not null,
    origin text not null,
    priority real not null default 0,
    probability real,
    gold text,
    state text not null default 'open' check (state in ('open', 'done', 'withdrawn')),
    planned_us integer not null,
    primary key (item_id, batch, origin),
    foreign key (item_id, batch) references items
);
create index if not exists assignments_open
    on assignments (origin, priority desc) where state = 'open';

create table if not exists leases (
    token text primary key,
    item_id text not null,
    batch text not null,
    origin text not null,
    reviewer text not null,
    handed_us integer not null,
    ends_us integer not null,
    state text not null check (state in ('out', 'answered', 'returned', 'expired')),
    shown text not null default '{}',
    foreign key (item_id, batch, origin) references assignments
);
create unique index if not exists leases_one_holder
    on leases (item_id, batch) where state = 'out';
create index if not exists leases_of_reviewer on leases (reviewer, state);

create table if not exists reviews (
    review_id integer primary key autoincrement,
    item_id text not null,
    batch text not null,
    reviewer text not null,
    outcome text not null,
    label text,
    origin text not null,
    seconds real not null,
    at_us integer not null,
    note text not null default '',
    idempotency_key text not null,
    lease text,
    shown text,
    blind integer not null,
    unique (reviewer, idempotency_key),
    foreign key (item_id, batch) references items
);
create index if not exists reviews_of_item on reviews (item_id, batch, reviewer, review_id);
create index if not exists reviews_of_reviewer on reviews (reviewer, at_us);
create index if not exists reviews_of_batch on reviews (batch);

create trigger if not exists reviews_never_change before update on reviews
begin select raise(abort, 'a review never changes; record a newer one'); end;
create trigger if not exists reviews_never_vanish before delete on reviews
begin select raise(abort, 'a review is never deleted; record a newer one'); end;

create table if not exists pictures (
    image text primary key,
    first text not null,
    today text not null
) without rowid;

create table if not exists seen (
    review_id integer not null references reviews,
    sight text not null,
    primary key (review_id, sight)
) without rowid;

create view if not exists read_reviews as
select r.review_id, r.item_id, r.batch, r.reviewer,
    case when c.label is not null and c.today is null then 'skip' else r.outcome end as outcome,
    case when c.label is not null then c.today else r.label end as label,
    r.origin, r.seconds, r.at_us, r.note, r.idempotency_key, r.lease, r.shown, r.blind,
    c.label is not null and c.today is null as gone,
    exists (select 1 from seen as s where s.review_id = r.review_id) and not exists (
        select 1 from seen as s where s.review_id = r.review_id and s.sight = i.sight) as aside
from reviews as r join items as i using (item_id, batch) left join class_readings as c
    on c.label = r.label and r.review_id > c.after_review and r.review_id <= c.up_to_review;

drop view if exists current_reviews;
create view if not exists standing_reviews as
select * from read_reviews as r
where not r.gone and not r.aside and not exists (
    select 1 from read_reviews as newer
    where newer.item_id = r.item_id and newer.batch = r.batch
      and newer.reviewer = r.reviewer and newer.review_id > r.review_id and not newer.aside
    limit 1 offset 0
);

create table if not exists events (
    at_us integer not null,
    who text not null,
    what text not null,
    detail text not null default ''
);

create table if not exists drawn (
    item_id text not null,
    batch text not null,
    probability real not null,
    declared_us integer not null,
    primary key (item_id, batch)
);

create table if not exists people (
    name text primary key,
    role text not null check (role in ('reviewer', 'adjudicator', 'admin')),
    token_hash text unique,
    invited_us integer not null
);

create table if not exists sessions (
    session_hash text primary key,
    name text not null references people,
    ends_us integer not null
);
"""


IN_POSTGRES = (
    class_record.IN_POSTGRES
    + only_grows(
        "reviews",
        "a review never changes; record a newer one",
        "a review is never deleted; record a newer one",
    )
    + """
-- the order in which items were put up; each row of SQLite has it
alter table assignments add column if not exists rowid bigint generated always as identity;
-- whichever index of a young table is taken, it finds one item
drop index if exists reviews_of_reviewer, reviews_of_batch;
create index reviews_of_reviewer on reviews (reviewer, item_id, batch, review_id);
create index reviews_of_batch on reviews (batch, item_id, reviewer, review_id);
"""
)


class Database:
    """One line to the reviews, used by one thread at a time.

    Parameters
    ----------
    kept : Place, Path or str
        Where they are kept; made if missing.
    """

    def __init__(self, kept: Place | Path | str) -> None:
        self._turn = threading.RLock()
        place, schema = place_of(kept), class_record.SCHEMA + TABLES
        if not isinstance(place, SqliteFile):
            self._connection = place.open(schema, IN_POSTGRES)
            return
        file = place.connect()
        self._connection: Connection = file
        file.execute("pragma foreign_keys = on")
        with self.write():
            _drop_earlier_views(file)
            added = add_columns(file, schema)
            for statement in _statements(schema):
                file.execute(statement)
            if ("items", "sight") in added:
                add_sights(file)

    @contextmanager
    def write(self) -> Generator[Connection, None, None]:
        """Yield the connection inside one transaction: all of it happens, or none."""
        with self._turn:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    @contextmanager
    def read(self) -> Generator[Connection, None, None]:
        """Yield the connection for queries that belong to one moment."""
        with self._turn:
            self._connection.execute("begin")
            try:
                yield self._connection
            finally:
                self._connection.execute("commit")

    def close(self) -> None:
        """End the line; the store cannot be used afterwards."""
        with self._turn:
            self._connection.close()


def _drop_earlier_views(db: sqlite3.Connection) -> None:
    """Let views be made anew that were made before answers were set aside."""
    columns = {row["name"] for row in db.execute("pragma table_info(read_reviews)")}
    if columns and "aside" not in columns:
        for view in ("standing_reviews", "read_reviews"):
            db.execute(f"drop view if exists {view}")


def _statements(script: str) -> list[str]:
    """Cut a script into statements; ``executescript`` would commit behind our back."""
    found: list[str] = []
    pending = ""
    for part in script.split(";"):
        pending += part + ";"
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found
