"""Which columns of a file are people's answers, and which are models'."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from labeling.errors import QualityError

PEOPLE = frozenset(
    [
        "annotator",
        "coder",
        "expert",
        "human",
        "labeler",
        "labeller",
        "person",
        "rater",
        "reviewer",
        "worker",
    ]
)
MODELS = frozenset(
    [
        "ai",
        "claude",
        "command",
        "deepseek",
        "gemini",
        "gemma",
        "gpt",
        "grok",
        "judge",
        "llama",
        "llm",
        "mistral",
        "model",
        "phi",
        "qwen",
    ]
)
"""Words of a name, without a number behind them, that say whose answers a column holds."""

OTHERS = frozenset(
    [
        "batch",
        "comment",
        "confidence",
        "created_at",
        "gold",
        "image",
        "label",
        "probability",
        "target",
        "text",
        "truth",
    ]
)
"""Names of columns that hold nobody's answers, unless somebody says so."""


def people_and_models(
    path: Path, names: Sequence[str], people: Sequence[str], models: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Tell people's columns from models'.

    Parameters
    ----------
    path : Path
        For the error message.
    names : sequence of str
        Columns, or voters, of the file.
    people, models : sequences of str
        Names, with wildcards. Where there are none, those are taken whose name says so, and else,
        if the other side is given, all the rest.

    Raises
    ------
    QualityError
        If a name matches nothing, stands on both sides, or nobody can tell whose columns they are.

    Examples
    --------
    >>> people_and_models(Path("a.csv"), ["human_1", "human_2", "text", "gpt-4o"], [], [])
    (['human_1', 'human_2'], ['gpt-4o'])
    >>> people_and_models(Path("a.csv"), ["Ann", "Bo", "text", "v3"], [], ["v3"])
    (['Ann', 'Bo'], ['v3'])
    """
    named = {
        "--people": _matching(path, names, people, "--people"),
        "--models": _matching(path, names, models, "--models"),
    }
    both = [name for name in named["--people"] if name in named["--models"]]
    if both:
        raise QualityError(
            f"{path}: {both[0]!r} is named by --people and by --models; it is one of them"
        )
    rest = [name for name in names if name not in (*named["--people"], *named["--models"])]
    found: dict[str, list[str]] = {}
    for option, words, other in (
        ("--people", PEOPLE, "--models"),
        ("--models", MODELS, "--people"),
    ):
        told = named[option] or [name for name in rest if _says(name, words)]
        if not told and named[other]:
            told = [name for name in rest if name.lower() not in OTHERS]
        if not told:
            who = option.removeprefix("--")
            raise QualityError(
                f"{path} does not say whose columns are {who}: name them with {option} a,b,c "
                f"(wildcards are allowed). There are {_listed(rest)}"
            )
        found[option] = told
    return found["--people"], found["--models"]


def _matching(path: Path, names: Sequence[str], wanted: Sequence[str], option: str) -> list[str]:
    for pattern in wanted:
        if not any(name == pattern or fnmatchcase(name, pattern) for name in names):
            raise QualityError(f"{path}: {option} {pattern!r} matches none of {_listed(names)}")
    return [name for name in names if any(name == one or fnmatchcase(name, one) for one in wanted)]


def _says(name: str, words: frozenset[str]) -> bool:
    return any(
        part in words or part.removesuffix("s") in words
        for part in re.findall(r"[a-z]+", name.lower())
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (" ..." if len(names) > 20 else "") or "none"
