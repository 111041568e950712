"""What a pilot shows: a row of figures a candidate, a verdict in words, and what went wrong."""

from collections import Counter
from typing import Any

from labeling.counted import counted
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.ledger.summary import Booked, booked_on
from labeling.pilots.verdict import Say
from orchestration.items_asked import asked_of, items_of
from orchestration.pilot.asking import account_of
from orchestration.pilot.candidates import pilot_of
from orchestration.pilot.standing import Standing
from resources.pilots.rows import Candidate
from resources.reviews.store import ReviewStore
from resources.task.errors import TaskError
from resources.task.task import Task


def rows_of(task: Task, standing: Standing) -> list[dict[str, Any]]:
    """Return the figures of each candidate, the promoted first, then by accuracy.

    Returns
    -------
    list of dict
        ``name``, ``model``, ``version``, ``promoted`` and ``remaining`` (whether it may still be the best);
        ``items`` that it answered and ``reviewed`` of them; ``accuracy`` with ``low`` and ``high``, and
        how far it is ``ahead`` of the one it is held against, with ``ahead_low`` and ``ahead_high``, all shares in
        [-1, 1]; ``silent``, the share of items of which it said nothing that counts; ``usd_an_item``
        and ``p95_s``, None where nobody knows; ``full_run_usd`` for all items that models are to be
        asked about.
    """
    told = standing.told
    n_all = asked_of(task, items_of(task, None)[0])[0].num_rows
    booked = _booked(task, standing)
    found: list[dict[str, Any]] = []
    for at, one in enumerate(standing.candidates):
        answers = [said[at] for said in standing.said if at in said]
        cost = booked[at].cost_usd / len(answers) if answers and booked[at].calls else None
        found.append(
            {
                "name": one.name,
                "model": one.model,
                "version": one.version,
                "promoted": at < standing.promoted,
                "against": at == told.against,
                "remaining": bool(told.remaining[at]),
                "items": int(told.items[at]),
                "reviewed": int(told.reviewed[at]),
                "accuracy": float(told.accuracy.value[at]),
                "low": float(told.accuracy.low[at]),
                "high": float(told.accuracy.high[at]),
                "ahead": float(told.ahead.value[at]),
                "ahead_low": float(told.ahead.low[at]),
                "ahead_high": float(told.ahead.high[at]),
                "silent": answers.count(None) / len(answers) if answers else 0.0,
                "usd_an_item": cost,
                "p95_s": booked[at].p95_s,
                "full_run_usd": None if cost is None else cost * n_all,
            }
        )
    return sorted(found, key=lambda row: (not row["promoted"], -row["accuracy"]))


def verdict_of(task: Task, standing: Standing) -> str:
    """Say in a sentence or two what the pilot tells, and what to do."""
    _, pilot = pilot_of(task)
    told, verdict = standing.told, standing.told.verdict
    best, against = (standing.candidates[at].name for at in (verdict.best, told.against))
    if standing.waiting:
        wait = counted(standing.waiting, "item")
        return f"{wait} of the pilot wait for people: `touchstone review {task.name}`."
    if not standing.reviewed:
        return "Nothing was reviewed yet."
    if verdict.say is Say.PROMOTE and standing.incumbent is None:
        return f"Promote {best}: no other is better by more than {_points(pilot.margin)}."
    if verdict.say is Say.PROMOTE:
        low = told.ahead.low[verdict.best]
        return f"Promote {best}: it is better than {against}, by {_points(round(low, 3))} at least."
    if verdict.say is Say.KEEP:
        return f"Keep {against}: no other is better by more than {_points(pilot.margin)}."
    lead = f"{best} leads {against}" if told.ahead.value[verdict.best] > 0 else f"{against} leads"
    about = f": about {counted(verdict.more, 'more review')} would tell" if verdict.more else ""
    spent = (
        f" All {pilot.reviews} of models.pilot.reviews are used; raise it to go on."
        if standing.used >= pilot.reviews
        else ""
    )
    return f"{lead}, and nothing is proven yet{about}.{spent}"


def _points(share: float) -> str:
    told = f"{100 * share:g}"
    return f"{told} point" if told == "1" else f"{told} points"


def errors_of(
    standing: Standing, who: int, task: Task, reviews: ReviewStore
) -> list[dict[str, Any]]:
    """Return the reviewed items that a candidate got wrong, with what people noted beside them.

    Returns
    -------
    list of dict
        ``item_id``, ``batch``, ``said`` (None: nothing that counts), ``gold``, ``text``, ``image`` and ``notes``.
    """
    wrong = [
        (draw, said[who], gold)
        for draw, said, gold in zip(standing.draws, standing.said, standing.gold, strict=True)
        if gold is not None and who in said and said[who] != gold
    ]
    notes = _notes(reviews)
    texts = {(one["item_id"], one["batch"]): one for one in items_of(task, None)[0].to_pylist()}
    return [
        {
            "item_id": draw.item_id,
            "batch": draw.batch,
            "said": said,
            "gold": gold,
            "text": (texts.get((draw.item_id, draw.batch)) or {}).get("text"),
            "image": (texts.get((draw.item_id, draw.batch)) or {}).get("image"),
            "notes": notes.get((draw.item_id, draw.batch), []),
        }
        for draw, said, gold in wrong
    ]


def mistakes_of(standing: Standing, who: int) -> list[tuple[str, str | None, int]]:
    """Return what is right, what the candidate said instead, and how often, the most frequent first."""
    counts: Counter[tuple[str, str | None]] = Counter()
    for said, gold in zip(standing.said, standing.gold, strict=True):
        if gold is not None and who in said and said[who] != gold:
            counts[gold, said[who]] += 1
    return [(gold, said, n) for (gold, said), n in counts.most_common()]


def place_of(standing: Standing, name: str, task: Task) -> int:
    """Return the place of the candidate of a name: as its file says it now, where it was promoted before."""
    places = [at for at, one in enumerate(standing.candidates) if one.name == name]
    if not places:
        known = ", ".join(dict.fromkeys(one.name for one in standing.candidates))
        raise TaskError(f"{task.name} has no candidate {name!r}; it has {known}")
    return places[-1]


def _is_promoted(standing: Standing, at: int) -> bool:
    return at < standing.promoted


def _booked(task: Task, standing: Standing) -> list[Booked]:
    if not task.ledger.exists():
        return [Booked()] * len(standing.candidates)
    with open_ledger(task.ledger) as ledger:
        return [_of(ledger, one) for one in standing.candidates]


def _of(ledger: Ledger, candidate: Candidate) -> Booked:
    return next(iter(booked_on(ledger, account_of(candidate)).values()), Booked())


def _notes(reviews: ReviewStore) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for row in reviews.reviews().to_pylist():
        if row["note"]:
            found.setdefault((row["item_id"], row["batch"]), []).append(str(row["note"]))
    return found
