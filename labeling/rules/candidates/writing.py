"""Admitted rules as YAML, in a file of their own that nobody's words are taken out of."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labeling.errors import RuleError
from labeling.rules.candidates.reading import Candidate
from labeling.rules.reading.reading import written_rules
from labeling.rules.rule import Rule
from labeling.rules.suggested import Suggested

HEAD = """\
# Rules that a model wrote and reviews admitted; `touchstone rules suggest` adds to them. A rule whose
# `suggested:` is taken out is one of your own: it votes on every batch, and no alarm retires it.
rules:
"""


BREAKS = {ord(one): f"\\u{ord(one):04x}" for one in "\x85\u2028\u2029"}
"""What ends a line in YAML and not in JSON, as it is written in quotes."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A candidate with what is noted of it, and the same in words."""

    candidate: Candidate
    suggested: Suggested
    told: str


def as_yaml(admitted: Sequence[Admitted]) -> str:
    """Write rules as they stand under ``rules:``.

    Examples
    --------
    >>> from labeling.rules.candidates.reading import rule_of
    >>> rule = rule_of("wins", "SPAM", "keyword", ["win cash"])
    >>> note = Suggested("m", "2026-11-29", ("a1",), 0.81234, "2026-03")
    >>> print(as_yaml([Admitted(Candidate(rule, ("a1",), ("win cash",)), note, "30 of 30 right")]))
      # 30 of 30 right
      - name: wins
        label: "SPAM"
        keyword: ["win cash"]
        case: ignore
        suggested:
          by: "m"
          day: "2026-11-29"
          texts: ["a1"]
          at_least: 0.8123
          after: "2026-03"
    """
    lines: list[str] = []
    for one in admitted:
        rule, note = one.candidate.rule, one.suggested
        lines += [
            f"  # {one.told}",
            f"  - name: {rule.name}",
            f"    label: {_text(rule.label or '')}",
            f"    {rule.kind}: {_list(one.candidate.patterns)}",
            "    case: ignore",
            "    suggested:",
            f"      by: {_text(note.by)}",
            f"      day: {_text(note.day)}",
            f"      texts: {_list(note.texts)}",
            f"      at_least: {int(note.at_least * 10_000) / 10_000}",
            f"      after: {_text(note.after)}",
        ]
    return "\n".join(lines)


def add_to(path: Path, admitted: Sequence[Admitted]) -> None:
    """Add rules to a file of rules, or make it: whole or not at all, behind all that stands there.

    One process at a time may do so: what one left unfinished, the next writes over.

    Raises
    ------
    RuleError
        If it could not be read any more with them, or not as they were measured; nothing is written then.
    OSError
        If it cannot be written.
    """
    path = path.resolve()  # a link stays one
    stood = written_rules(path) if path.exists() else []
    before = path.read_bytes() if path.exists() else HEAD.encode()
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        gap = b"" if before.endswith(b"\n") else b"\n"
        with unfinished.open("wb") as file:
            file.write(before + gap + f"{as_yaml(admitted)}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        wanted = [_meaning(rule) for rule in [*stood, *(one.candidate.rule for one in admitted)]]
        try:
            found, fault = [_meaning(rule) for rule in written_rules(unfinished)], ""
        except RuleError as error:
            found, fault = [], f" ({str(error).replace(str(unfinished), path.name)})"
        if found != wanted:
            raise RuleError(
                f"{path} would not be read with more rules behind its own{fault}: let `rules:` be its last "
                "key, its rules written as blocks that are indented by two blanks (`  - name: …`)"
            )
        if path.exists():
            unfinished.chmod(path.stat().st_mode & 0o7777)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _meaning(rule: Rule) -> tuple[str, str]:
    return rule.name, rule.version


def _text(said: str) -> str:
    return json.dumps(said, ensure_ascii=False).translate(BREAKS)


def _list(said: Sequence[str]) -> str:
    return json.dumps(list(said), ensure_ascii=False).translate(BREAKS)
