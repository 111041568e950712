"""Counts of what people answered, for whoever measures how well they review."""

from collections import defaultdict
from dataclasses import dataclass

from resources.reviews.store import ReviewStore


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


def people(store: ReviewStore) -> list[Counted]:
    """Count everybody who answered anything, in the order of names."""
    seconds: dict[str, list[float]] = defaultdict(list)
    with store.database.read() as db:
        for row in db.execute("select reviewer, seconds from read_reviews where outcome <> 'skip'"):
            seconds[row["reviewer"]].append(row["seconds"])
        rows = db.execute(
            "select r.reviewer as name, count(*) filter (where r.outcome = 'label') as answered,"
            " count(*) filter (where r.outcome = 'unsure') as unsure,"
            " count(*) filter (where r.outcome = 'skip') as skipped,"
            " (select count(*) from reviews as every where every.reviewer = r.reviewer) - count(*)"
            " as revised, count(a.gold) as gold, coalesce(sum(r.label = a.gold), 0) as right"
            " from standing_reviews as r left join assignments as a on a.item_id = r.item_id"
            " and a.batch = r.batch and a.origin = 'check' and r.origin = 'check'"
            " and r.outcome = 'label' group by r.reviewer order by r.reviewer"
        ).fetchall()
    return [Counted(**dict(row), seconds=tuple(seconds[row["name"]])) for row in rows]


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
