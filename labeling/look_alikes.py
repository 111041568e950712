"""Labels that people take for one and a program does not: told, never merged."""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc


def look_alikes(columns: Mapping[str, Any]) -> list[str]:
    """Tell labels that differ only in case, blanks, leading zeros or how accents are encoded.

    They stay different classes; people rarely mean that.

    Examples
    --------
    >>> import pyarrow as pa
    >>> look_alikes({"label": pa.array(["spam", "Spam", "spam", "ham"])})
    ["labels 'spam' (2 rows) and 'Spam' (1 row) differ only in case: they are kept apart"]
    """
    counts: Counter[str] = Counter()
    for column in columns.values():
        for entry in pc.value_counts(column).to_pylist():
            if entry["values"]:
                counts[entry["values"]] += entry["counts"]
    alike: dict[str, list[str]] = {}
    for text, _ in counts.most_common():
        alike.setdefault(spelling(text), []).append(text)
    return [
        " and ".join(
            f"{'labels ' if at == 0 else ''}{quoted(text)} "
            f"({counts[text]:,} {'row' if counts[text] == 1 else 'rows'})"
            for at, text in enumerate(texts)
        )
        + f" differ only in {' and '.join(dict.fromkeys(difference(texts[0], one) for one in texts[1:]))}: they are kept apart"
        for texts in alike.values()
        if len(texts) > 1
    ]


LONGEST_QUOTED = 100
"""Characters of a label that a message quotes."""


def quoted(text: str) -> str:
    r"""Quote a label so that look-alikes can be told apart: accents that stand alone are spelled out.

    Examples
    --------
    >>> quoted("cafe\N{COMBINING ACUTE ACCENT}"), quoted("caf\N{LATIN SMALL LETTER E WITH ACUTE}")
    ("'cafe\\u0301'", "'café'")
    """
    cut = (
        text
        if len(text) <= LONGEST_QUOTED
        else f"{text[:LONGEST_QUOTED]}... ({len(text):,} characters)"
    )
    return "".join(f"\\u{ord(one):04x}" if unicodedata.combining(one) else one for one in repr(cut))


def spelling(text: str) -> str:
    """Return what labels have in common that differ only in how they are written."""
    key = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    number = re.fullmatch(r"([+-]?)0*([0-9]+)(\.0*)?", key)
    return f"{number[1].removeprefix('+')}{number[2]}" if number else key


def difference(one: str, other: str) -> str:
    """Say in what two labels of one :func:`spelling` differ."""
    if one.casefold() == other.casefold():
        return "case"
    if one.split() == other.split():
        return "blanks"
    if unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other):
        return "how their accents are encoded"
    if re.fullmatch(r"[+-]?[0-9]+(\.0*)?", one.strip()):
        return "how a number is written"
    return "case, blanks or how their characters are encoded"
