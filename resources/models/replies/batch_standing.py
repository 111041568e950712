"""Read how a provider says that a batch stands, in whatever words and fields it says so."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from resources.models.replies.usage_counts import count, fields_of

COMPLETED = "completed complete success succeeded ended finished done processed"
EXPIRED = "expired timeout_exceeded timeout timed_out"
FAILED = "failed failure error errored"
CANCELLED = "cancelled canceled aborted"
AT_WORK = (
    "validating validated in_progress finalizing cancelling canceling cancellation_requested queued "
    "pending paused running submitted created scheduled processing preparing started starting "
    "waiting in_queue not_started"
)
WORDS: Mapping[str, str] = {
    word: stands
    for stands, words in (
        ("completed", COMPLETED),
        ("expired", EXPIRED),
        ("failed", FAILED),
        ("cancelled", CANCELLED),
        ("at work", AT_WORK),
    )
    for word in words.split()
}
"""Words of OpenAI, Together, Mistral, Anthropic and gateways, and what each means."""

OVERDUE_S = 86_400.0 + 3_600.0
"""So long after it was handed in a batch has ended, whatever it is called, in seconds."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a batch stands.

    Attributes
    ----------
    stands : str
        ``completed``, ``expired``, ``failed``, ``cancelled``, ``at work``; or ``unknown``.
    word : str
        The provider's own word.
    files : tuple of str
        Names of the file of answers and the file of errors, each empty where there is none.
    done : int
        Requests that it says it has answered; 0 where it does not say.
    since_s : float
        Seconds since it ended; infinity where nobody knows.
    overdue : bool
        Whether its time is over, whatever it says.
    codes : tuple of str
        Codes of its errors; messages may quote items, and are left out.
    """

    stands: str
    word: str
    files: tuple[str, str]
    done: int
    since_s: float
    overdue: bool
    codes: tuple[str, ...] = ()


def read_standing(told: Mapping[str, Any]) -> Standing:
    """Read a batch as its provider shows it.

    Examples
    --------
    >>> read_standing({"status": "COMPLETED", "output_file_id": "f"}).stands
    'completed'
    >>> read_standing({"status": "on the moon"}).stands
    'unknown'
    """
    batch = batch_of(told)
    word = str(batch.get("status") or batch.get("processing_status") or batch.get("state") or "")
    folded = "_".join(word.casefold().replace("-", " ").replace("_", " ").split())
    counts = fields_of(batch.get("request_counts")) or {}
    done = count(counts, "completed", "succeeded")
    if done is None:
        done = count(batch, "succeeded_requests") or 0
    now = time.time()
    ended = moment(batch, "completed_at", "ended_at", "expired_at")
    begun = moment(batch, "created_at")
    errors = fields_of(batch.get("errors")) or {"data": batch.get("errors")}
    listed = errors.get("data")
    codes = (
        [one.get("code") for one in map(fields_of, listed) if one]
        if isinstance(listed, list)
        else ()
    )
    return Standing(
        stands=WORDS.get(folded, "unknown"),
        word=word,
        files=(
            _name(batch, "output_file_id", "output_file"),
            _name(batch, "error_file_id", "error_file"),
        ),
        done=done,
        since_s=now - ended if ended is not None else float("inf"),
        overdue=begun is not None and now - begun > OVERDUE_S,
        codes=tuple(sorted({str(code) for code in codes if code})),
    )


def batch_of(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the batch itself: some wrap what they have just taken.

    Examples
    --------
    >>> batch_of({"job": {"id": "b"}})["id"]
    'b'
    """
    if told.get("id"):
        return told
    return next((one for n in ("job", "batch", "data") if (one := fields_of(told.get(n)))), told)


def moment(batch: Mapping[str, Any], *names: str) -> float | None:
    """Return the first of the named times, in seconds since 1970: numbers, or text as ISO 8601.

    Examples
    --------
    >>> moment({"created_at": "1970-01-01T00:01:00Z"}, "created_at")
    60.0
    """
    for name in names:
        value = batch.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and value:
            return float(value)
        if isinstance(value, str) and value:
            try:
                read = datetime.fromisoformat(value)
            except ValueError:
                continue
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    return None


def _name(batch: Mapping[str, Any], *names: str) -> str:
    return next((value for n in names if isinstance(value := batch.get(n), str) and value), "")
