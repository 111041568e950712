"""Answers in a file: taken out of one ledger, put into another."""

import json
import os
from pathlib import Path
from typing import Any

from labeling.errors import LabelingError
from labeling.llm.ledger.behaviour import ability, remember_ability
from labeling.llm.ledger.ledger import Ledger

FORMAT = "touchstone-cassette-1"
FIELDS = (
    "key",
    "kind",
    "voter",
    "version",
    "model",
    "item",
    "parameters",
    "status",
    "answer",
    "refusal",
    "finish_reason",
    "tokens",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "latency_s",
    "provider_model",
    "fingerprint",
    "sent_at",
    "done_at",
)
IMPORTED = "cassette"
"""The run that imported answers belong to; they cost this task nothing."""


def export_cassette(ledger: Ledger, path: Path) -> int:
    """Write every final answer to ``path``, one JSON object a line; return how many.

    Item text is not in it, since the ledger does not have it. What models wrote is: with a prompt
    that lets them think aloud, that may quote items.
    """
    rows = ledger.execute(
        f"select {', '.join(FIELDS)} from calls "  # noqa: S608
        "where status in ('answered', 'filtered') and kind in ('ask', 'repair') order by id"
    )
    abilities = ledger.execute("select model, structured, logprobs from abilities order by model")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        head = {"format": FORMAT, "abilities": [list(row) for row in abilities]}
        file.write(json.dumps(head) + "\n")
        for row in rows:
            file.write(json.dumps(dict(row), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    return len(rows)


def import_cassette(ledger: Ledger, path: Path) -> int:
    """Put the answers of ``path`` into ``ledger``; return how many were new.

    What the ledger knows already, or a provider's batch is to answer, stays as it is.

    Raises
    ------
    LabelingError
        If the file is no cassette, naming the line.
    """
    added = 0
    with path.open(encoding="utf-8") as file, ledger.spending():
        try:
            head: Any = json.loads(file.readline())
            known_format = head["format"] == FORMAT
        except (ValueError, KeyError, TypeError):
            known_format, head = False, None
        if not known_format:
            raise LabelingError(f"{path}:1: not a cassette; its first line must name {FORMAT!r}")
        for model, structured, logprobs in head["abilities"]:
            if ability(model, ledger) is None:
                remember_ability(
                    model, ledger, structured=bool(structured), logprobs=bool(logprobs)
                )
        names, marks = ", ".join(FIELDS), ", ".join("?" * len(FIELDS))
        for number, line in enumerate(file, start=2):
            try:
                fields = json.loads(line)
                values = tuple(fields[name] for name in FIELDS)
            except (ValueError, KeyError, TypeError):
                raise LabelingError(
                    f"{path}:{number}: not a line of a cassette; export it again"
                ) from None
            if ledger.answers([fields["key"]]) or ledger.waiting([fields["key"]]):
                continue
            ledger.execute(
                f"insert into calls ({names}, run, reserved_usd) values ({marks}, ?, 0)",  # noqa: S608
                (*values, IMPORTED),
            )
            added += 1
    return added
