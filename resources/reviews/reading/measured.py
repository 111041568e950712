"""Counts of what people answered, for whoever measures how well they review."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from resources.reviews.store import ReviewStore

CHECKS = (
    "join assignments as a on a.item_id = r.item_id and a.batch = r.batch"
    " and a.origin = 'check' and r.origin = 'check' and r.outcome = 'label'"
)


@dataclass(frozen=True, slots=True)
class Counted:
    """One reviewer's answers that stand; ``gold`` are those to hidden gold, ``right`` of them right.

    ``seconds`` are of all answers but skips, those that were revised too.
    """

    name: str
    answered: int
    unsure: int
    skipped: int
    revised: int
    gold: int
    right: int
    seconds: tuple[float, ...]


def people(store: ReviewStore, classes: Sequence[str]) -> list[Counted]:
    """Count everybody who answered anything, in the order of names."""
    right: Counter[str] = Counter()
    seconds: dict[str, list[float]] = defaultdict(list)
    with store.database.read() as db:
        for row in db.execute("select reviewer, seconds from read_reviews where outcome <> 'skip'"):
            seconds[row["reviewer"]].append(row["seconds"])
        rows = db.execute(
            "select r.reviewer as name, count(*) filter (where r.outcome = 'label') as answered,"
            " count(*) filter (where r.outcome = 'unsure') as unsure,"
            " count(*) filter (where r.outcome = 'skip') as skipped,"
            " (select count(*) from reviews as every where every.reviewer = r.reviewer) - count(*)"
            " as revised, count(a.gold) as gold"
            f" from standing_reviews as r left {CHECKS} group by r.reviewer order by r.reviewer"
        ).fetchall()
        checks = db.execute(
            f"select r.reviewer, r.label, a.gold from standing_reviews as r {CHECKS}"
        ).fetchall()
    names, said, gold = ([str(row[at]) for row in checks] for at in range(3))
    wrong = store.kind.differ(said, gold, classes).tolist()
    right.update(name for name, mistaken in zip(names, wrong, strict=True) if not mistaken)
    return [
        Counted(**dict(row), right=right[row["name"]], seconds=tuple(seconds[row["name"]]))
        for row in rows
    ]


def answers_of_items(store: ReviewStore) -> list[list[str]]:
    """Return the classes that people named of each item, one a person, without checks and judges."""
    named: dict[tuple[str, str], list[str]] = defaultdict(list)
    with store.database.read() as db:
        for row in db.execute(
            "select item_id, batch, label from standing_reviews where outcome = 'label'"
            " and origin not in ('check', 'adjudicate') order by review_id"
        ):
            named[row["item_id"], row["batch"]].append(row["label"])
    return list(named.values())
