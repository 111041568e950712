"""What goes into the ledger and what comes out of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from labeling.kinds.asking import Token
from labeling.llm.providers.transport import Reply, Usage
from labeling.state.connection import Row
from labeling.state.place import Place

KEPT = "select 1 from calls where status in ('answered', 'filtered')"


def content_key(*parts: str | int) -> str:
    """Hash what is asked.

    Examples
    --------
    >>> content_key("version", "item", 0) == content_key("version", "item", 0)
    True
    """
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@lru_cache(maxsize=4096)
def question_key(version: str, digest: str, sample: int, kind: str, salt: str = "") -> str:
    """Return the ledger's key of a question: which prompt and model, which content, which sample."""
    parts = (version, digest, sample, kind)
    return content_key(*parts, salt) if salt else content_key(*parts)


@dataclass(frozen=True, slots=True)
class Call:
    """What a request is about, as the ledger knows it."""

    key: str
    kind: str
    voter: str
    version: str
    model: str
    item: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """A final answer out of the ledger; ``filtered`` if the provider refused to look at it.

    ``said`` is the class and how sure the model was, where both were read by others than today's
    classes; ``voter`` is who asked.
    """

    key: str
    reply: Reply
    filtered: bool
    cost_usd: float
    latency_s: float
    said: tuple[str, float | None] | None = None
    voter: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """US dollars gone, or possibly gone, by a run, since midnight UTC, and ever."""

    run: float
    day: float
    task: float


def plain(parameters: Mapping[str, object]) -> dict[str, object]:
    """Return what of ``parameters`` can be written as JSON."""
    return {k: v for k, v in parameters.items() if isinstance(v, str | int | float | list | dict)}


def read_stored(row: Row) -> Stored:
    """Read a final answer out of a row of ``calls``."""
    tokens = [
        Token(text, logprob, tuple((a, b) for a, b in others))
        for text, logprob, others in json.loads(row["tokens"] or "[]")
    ]
    reply = Reply(
        text=row["answer"] or "",
        finish_reason=row["finish_reason"] or "stop",
        refusal=row["refusal"],
        usage=Usage(row["prompt_tokens"], row["completion_tokens"], row["cached_tokens"]),
        model=row["provider_model"] or "",
        fingerprint=row["fingerprint"],
        tokens=tuple(tokens),
    )
    return Stored(
        key=row["key"],
        reply=reply,
        filtered=row["status"] == "filtered",
        cost_usd=row["cost_usd"],
        latency_s=row["latency_s"] or 0.0,
        voter=row["voter"],
    )


def kept_answers(place: Place, at_most: int | None = None) -> int:
    """Count the final answers in a ledger, reading only; none where there is no ledger.

    Raises
    ------
    sqlite3.DatabaseError
        If the file is damaged.

    Examples
    --------
    >>> from pathlib import Path
    >>> from labeling.state.place import SqliteFile
    >>> kept_answers(SqliteFile(Path("nowhere.sqlite")))
    0
    """
    limit = "" if at_most is None else f" limit {at_most}"
    return place.count(f"from ({KEPT}{limit}) as kept")
