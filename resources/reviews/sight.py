"""What a person saw of an item when they answered: an answer belongs to that text and picture.

Each item has a **sight**, a hash of its text and picture as they stand; each answer keeps the one
that was on the screen. Where the two differ the answer is set aside until the text is back.
Answers that mark stretches of a text hang on every character of it: sights are then ``exact``.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from labeling.items.redacted import is_redaction_of
from labeling.state.connection import Connection
from resources.reviews.rows import read_context
from resources.reviews.settle import settle

MACHINE_KEYS = ("highlights", "votes")
"""Parts of a context that tell what machines think."""


class CurrentItem(NamedTuple):
    """An item as it stands."""

    item_id: str
    batch: str
    text: str
    image: str | None


def text_digest(text: str, *, exact: bool = False) -> str:
    r"""Hash a text; line ends and blanks around it do not count, programs change those.

    Examples
    --------
    >>> text_digest("a\r\nb ") == text_digest("a\nb"), text_digest("a b") == text_digest("ab")
    (True, False)
    >>> text_digest(" a", exact=True) == text_digest("a", exact=True)
    False
    """
    return _sha256(text if exact else text.replace("\r\n", "\n").strip())


def sight_of(
    text: str, image: str | None, replaced_by: str | None = None, *, exact: bool = False
) -> str:
    """Hash what there is to see of an item.

    A picture counts by its name or address, and by its content where the file was replaced.
    """
    return _sight(text_digest(text, exact=exact), image, replaced_by)


def sight_in(
    shown: Mapping[str, Any] | None,
    text: str,
    image: str | None,
    replaced_by: str | None = None,
    *,
    exact: bool = False,
) -> str:
    """Tell the sight of an answer: as its hand-out says, else the item as it stands.

    Parameters
    ----------
    shown : mapping or None
        Of the review; ``text_sha256`` and ``image`` say what was on the screen, ``sight`` what an
        export says of it.
    text, image, replaced_by : str, str or None, str or None
        Of the item as it stands; see :func:`replaced`.
    """
    shown = shown or {}
    if isinstance(shown.get("sight"), str):
        return str(shown["sight"])
    digest = shown.get("text_sha256")
    if not isinstance(digest, str) or digest == _sha256(text):
        digest = text_digest(text, exact=exact)
    # hand-outs of earlier versions do not say which content the picture had
    return _sight(digest, shown.get("image", image), shown.get("picture", replaced_by))


def note_pictures(db: Connection, digests: Mapping[str, str]) -> None:
    """Keep what pictures hold now, and what each held when it was noted first.

    Parameters
    ----------
    digests : mapping of str to str
        SHA-256 of each picture that is a file, by its name.
    """
    db.executemany(
        "insert into pictures values (?, ?, ?)"
        " on conflict (image) do update set today = excluded.today",
        [(image, digest, digest) for image, digest in digests.items()],
    )


def replaced(db: Connection, image: str | None) -> str | None:
    """Return the digest of a picture that holds something else than at first; else ``None``."""
    if image is None:
        return None
    row = db.execute(
        "select today from pictures where image = ? and today <> first", (image,)
    ).fetchone()
    return None if row is None else str(row[0])


def add_sights(db: sqlite3.Connection) -> None:
    """Give a store of an earlier version, which has just got the column, its sights.

    There a reviewed item kept the text that was reviewed, so that this is what its answers are of,
    unless the hand-out of one says that it showed another.
    """
    db.executemany(
        "update items set sight = ? where item_id = ? and batch = ?",
        [
            (sight_of(row["text"], row["image"]), row["item_id"], row["batch"])
            for row in db.execute("select item_id, batch, text, image from items").fetchall()
        ],
    )
    rows = db.execute(
        "select r.review_id, json_extract(r.shown, '$.text_sha256') as digest,"
        " i.text, i.image from reviews as r join items as i using (item_id, batch)"
    ).fetchall()
    db.executemany(
        "insert or ignore into seen values (?, ?)",
        [
            (r["review_id"], sight_in({"text_sha256": r["digest"]}, r["text"], r["image"]))
            for r in rows
        ],
    )


def bring_up(
    db: Connection,
    items: Iterable[CurrentItem],
    own: Mapping[str, str],
    *,
    exact: bool,
    now_us: int,
    overlap_share: float,
) -> list[tuple[str, str]]:
    """Bring the items of the store in line with what stands now.

    What was answered of another text is open again. A text that differs only by what redaction took
    out is the same, unless sights are exact: labels do not hang on it, and the answers go on counting.

    Parameters
    ----------
    items : iterable of CurrentItem
        Those that the store does not have, and those without text and picture, are passed over.
    own : mapping of str to str
        The task's own patterns of redaction.

    Returns
    -------
    list of (item_id, batch)
        Items whose answers count no more, or again.
    """
    turned: list[tuple[str, str]] = []
    for item in items:
        stands = db.execute(
            "select text, image, sight, context from items where item_id = ? and batch = ?",
            item[:2],
        ).fetchone()
        now = sight_of(item.text, item.image, replaced(db, item.image), exact=exact)
        if stands is None or stands["sight"] == now or not (item.text or item.image):
            continue
        seen_as = _picture_of(stands["sight"]), _picture_of(now)
        redacted = not exact and is_redaction_of(stands["text"], item.text, own)
        if redacted and seen_as[0] == seen_as[1]:
            db.execute(
                "insert into seen select s.review_id, ? from seen as s"
                " join reviews as r using (review_id)"
                " where r.item_id = ? and r.batch = ? and s.sight = ? on conflict do nothing",
                (now, item.item_id, item.batch, stands["sight"]),
            )
        else:
            turned.append((item.item_id, item.batch))
        # what machines said of the other text goes too; the next plan says it anew
        db.execute(
            "update items set text = ?, image = ?, sight = ?, suggestion = null, context = ?"
            " where item_id = ? and batch = ?",
            (
                item.text, item.image, now, _without_machines(stands["context"]),
                item.item_id, item.batch,
            ),
        )  # fmt: skip
        _ask_again(db, item.item_id, item.batch)
        settle(db, item.item_id, item.batch, now_us=now_us, overlap_share=overlap_share)
    return turned


def _ask_again(db: Connection, item_id: str, batch: str) -> None:
    """Open what was answered; what followed from the answers goes, and comes again with new ones."""
    place = (item_id, batch)
    db.execute(
        "update assignments set state = case when origin in ('pilot', 'audit', 'queue') then 'open'"
        " else 'withdrawn' end where item_id = ? and batch = ?"
        " and (state = 'done' or origin not in ('pilot', 'audit', 'queue'))",
        place,
    )
    db.execute(
        "update leases set state = 'expired' where item_id = ? and batch = ? and state = 'out'",
        place,
    )


def _without_machines(context: str) -> str:
    said = read_context(context)
    return json.dumps(
        {key: value for key, value in said.items() if key not in MACHINE_KEYS},
        ensure_ascii=False,
        sort_keys=True,
    )


def _sight(digest: str, image: str | None, replaced_by: str | None = None) -> str:
    if not image:
        return digest
    return f"{digest} {_sha256(image)}" + (f" {replaced_by}" if replaced_by else "")


def _picture_of(sight: str) -> str:
    """Return what a sight says of the picture."""
    return sight.partition(" ")[2]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
