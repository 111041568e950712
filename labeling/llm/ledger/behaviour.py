"""What the ledger remembers of how models behave: what they refuse, and what they use unasked."""

import json
import time
from collections.abc import Sequence

from labeling.llm.ledger.ledger import Ledger
from labeling.llm.providers.manners import Manners
from labeling.llm.providers.transport import Refused, Request
from labeling.llm.providers.worst_case import Seen

RECENT = 100_000
"""Calls that are looked at to learn how a model behaves."""


def seen_of(model: str, ledger: Ledger) -> Seen:
    """Return what a model used beyond its limits in recent calls."""
    ((longest,),) = ledger.execute(
        "select max(completion_tokens) from calls where model = ?"
        " and id > (select coalesce(max(id), 0) from calls) - ? and completion_tokens > "
        "max(coalesce(json_extract(parameters, '$.max_tokens'), 0),"
        " coalesce(json_extract(parameters, '$.max_completion_tokens'), 0))"
        " + coalesce(json_extract(parameters, '$.thinking.budget_tokens'), 0)",
        (model, RECENT),
    )
    ((dearest,),) = ledger.execute(
        "select max(stated_usd) from calls where model = ?"
        " and id > (select coalesce(max(id), 0) from calls) - ?",
        (model, RECENT),
    )
    return Seen(completion=int(longest or 0), stated_usd=float(dearest or 0.0))


def manners_of(model: str, ledger: Ledger) -> Manners:
    """Return how a model wants to be asked; what is learned from now on goes into the ledger."""
    manners = Manners()
    for name, least, most, value in ledger.execute(
        "select parameter, at_least, at_most, value from refusals where model = ? order by id",
        (model,),
    ):
        refused = Refused(name, least, most)
        manners.learn(Request(model, (), {name: json.loads(value)}), refused)

    def remember(refused: Refused, value: str) -> None:
        ledger.execute(
            "insert into refusals (model, parameter, value, at_least, at_most, found_at)"
            " values (?, ?, ?, ?, ?, ?)",
            (model, refused.parameter, value, refused.at_least, refused.at_most, time.time()),
        )

    manners.learned = remember
    return manners


def runs_in_vain(ledger: Ledger, keys: Sequence[str]) -> int:
    """Return how many runs asked for what stands under ``keys`` and got no answer."""
    marks = ", ".join("?" * len(keys))
    ((runs,),) = ledger.execute(
        f"select count(distinct run) from calls where key in ({marks}) and status = 'failed'",  # noqa: S608
        tuple(keys),
    )
    return int(runs)


def ability(model: str, ledger: Ledger) -> tuple[bool, bool] | None:
    """Return whether the model was found to give structured output and log-probabilities."""
    rows = ledger.execute("select structured, logprobs from abilities where model = ?", (model,))
    return (bool(rows[0][0]), bool(rows[0][1])) if rows else None


def remember_ability(model: str, ledger: Ledger, *, structured: bool, logprobs: bool) -> None:
    """Store what a model was found to do."""
    ledger.execute(
        "insert into abilities values (?, ?, ?, ?) on conflict (model) do update set structured ="
        " excluded.structured, logprobs = excluded.logprobs, found_at = excluded.found_at",
        (model, structured, logprobs, time.time()),
    )
