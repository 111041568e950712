"""The file of a task's pilots: one SQLite file in WAL mode, rows only added."""

import json
import sqlite3
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labeling.errors import LabelingError
from labeling.files.sqlite import lasting
from resources.pilots.rows import Answer, Candidate, Draw, Promotion

SCHEMA = """
create table if not exists candidates (
    version text primary key, name text not null, file text not null, model text not null,
    text text not null, entered integer not null
);
create table if not exists draws (
    number integer primary key, item_id text not null, batch text not null,
    probability real not null, chosen integer not null, population integer not null,
    shares text not null default '{}', unique (item_id, batch)
);
create table if not exists answers (
    version text not null, item_id text not null, batch text not null, label text,
    reason text not null, primary key (version, item_id, batch)
) without rowid;
create table if not exists promotions (
    number integer primary key autoincrement, at text not null, who text not null,
    restores integer, prompts text not null, evidence text not null
);
create trigger if not exists draws_stay before delete on draws
    begin select raise(abort, 'draws only grow'); end;
create trigger if not exists draws_stand before update on draws
    begin select raise(abort, 'draws only grow'); end;
create trigger if not exists promotions_stay before delete on promotions
    begin select raise(abort, 'promotions only grow'); end;
create trigger if not exists promotions_stand before update on promotions
    begin select raise(abort, 'promotions only grow'); end;
"""


class DrawnTwiceError(LabelingError):
    """Two that went on with a pilot at the same time drew the same."""


class PilotStore:
    r"""Draws, answers and promotions of one task.

    Parameters
    ----------
    path : Path
        The SQLite file; made with the first row.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     store = PilotStore(Path(folder) / "pilots.sqlite")
    ...     short = Candidate("short", "short", "gpt-4o-mini", "a1", "---\nmodel: m\n---\nSpam?")
    ...     first = store.promote([short], "ada", {})
    ...     back = store.take_back("ada")
    ...     [len(one.prompts) for one in store.promotions()], store.promoted()
    ([1, 0], ())
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def enter(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Take part from the next draw on, unless a version took part before; return all as kept."""
        named = list(candidates)
        with self._open() as db:
            (so_far,) = db.execute("select coalesce(max(number), 0) from draws").fetchone()
            db.executemany(
                "insert or ignore into candidates (version, name, file, model, text, entered)"
                " values (?, ?, ?, ?, ?, ?)",
                [(c.version, c.name, c.file, c.model, c.text, so_far) for c in named],
            )
            entered = dict(db.execute("select version, entered from candidates").fetchall())
        return [
            Candidate(c.name, c.file, c.model, c.version, c.text, entered[c.version]) for c in named
        ]

    def candidates(self) -> list[Candidate]:
        """Return every version that ever took part, in the order of entering."""
        return [
            Candidate(*row)
            for row in self._rows(
                "select name, file, model, version, text, entered from candidates order by rowid"
            )
        ]

    def draw(self, draws: Sequence[Draw]) -> None:
        """Keep what was drawn; all of it, or nothing.

        Raises
        ------
        DrawnTwiceError
            If a number or an item was drawn before: somebody else draws at this moment.
        """
        try:
            with self._open() as db:
                db.executemany(
                    "insert into draws"
                    " (number, item_id, batch, probability, chosen, population, shares)"
                    " values (?, ?, ?, ?, ?, ?, ?)",
                    [
                        (
                            d.number,
                            d.item_id,
                            d.batch,
                            d.probability,
                            d.chosen,
                            d.population,
                            json.dumps(dict(d.shares)),
                        )
                        for d in draws
                    ],
                )
        except sqlite3.IntegrityError:
            raise DrawnTwiceError(
                f"{self.path}: another `touchstone pilot` goes on with this pilot at the same time; nothing is "
                "lost, and nothing was drawn twice; call it again once the other has ended"
            ) from None

    def draws(self) -> list[Draw]:
        """Return all draws, in order."""
        return [
            Draw(number, item, batch, probability, bool(chosen), population, json.loads(shares))
            for number, item, batch, probability, chosen, population, shares in self._rows(
                "select number, item_id, batch, probability, chosen, population, shares from draws"
                " order by number"
            )
        ]

    def chosen_in(self, batch: str) -> frozenset[str]:
        """Return the items of a batch that people were asked about for a pilot."""
        rows = self._rows("select item_id from draws where chosen and batch = ?", batch)
        return frozenset(item for (item,) in rows)

    def answered(self, answers: Iterable[Answer]) -> None:
        """Keep what candidates said; the newer answer of a version about an item counts."""
        with self._open() as db:
            db.executemany(
                "insert or replace into answers (version, item_id, batch, label, reason)"
                " values (?, ?, ?, ?, ?)",
                [astuple(one) for one in answers],
            )

    def answers(self) -> list[Answer]:
        """Return what candidates said."""
        return [
            Answer(*row)
            for row in self._rows("select version, item_id, batch, label, reason from answers")
        ]

    def promote(self, prompts: Sequence[Candidate], who: str, evidence: Mapping[str, Any]) -> int:
        """Let the full run ask these prompts and no others; return the number of the decision."""
        return self._decide(who, None, prompts, evidence)

    def take_back(self, who: str) -> Promotion | None:
        """Undo the promotion that counts: what was asked just before it is asked again.

        Returns
        -------
        Promotion or None
            The decision that was added; ``None`` where nothing counts that could be taken back.
        """
        made = self.promotions()
        counts = made[-1].counts if made else 0
        if not counts:
            return None
        restored = made[counts - 2].counts if counts > 1 else 0
        prompts = made[restored - 1].prompts if restored else ()
        self._decide(who, restored, prompts, {"taken_back": counts})
        return self.promotions()[-1]

    def promotions(self) -> list[Promotion]:
        """Return all decisions, in order."""
        return [
            Promotion(
                number,
                datetime.fromisoformat(at),
                who,
                restores,
                tuple(Candidate(**one) for one in json.loads(prompts)),
                json.loads(evidence),
            )
            for number, at, who, restores, prompts, evidence in self._rows(
                "select number, at, who, restores, prompts, evidence from promotions order by number"
            )
        ]

    def promoted(self) -> tuple[Candidate, ...]:
        """Return the prompts that the full run asks."""
        made = self.promotions()
        return made[-1].prompts if made else ()

    def _decide(
        self,
        who: str,
        restores: int | None,
        prompts: Sequence[Candidate],
        evidence: Mapping[str, Any],
    ) -> int:
        with self._open() as db:
            cursor = db.execute(
                "insert into promotions (at, who, restores, prompts, evidence) values (?, ?, ?, ?, ?)",
                (
                    datetime.now(UTC).isoformat(),
                    who,
                    restores,
                    json.dumps([asdict(one) for one in prompts]),
                    json.dumps(dict(evidence)),
                ),
            )
            return int(cursor.lastrowid or 0)

    def _rows(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        if not self.path.is_file():
            return []
        with self._open() as db:
            return db.execute(sql, values).fetchall()

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        with lasting(self.path, SCHEMA) as db, db:
            yield db
