"""A pipeline of spaCy as a rule in YAML names it."""

from pathlib import Path
from typing import Any, cast

from labeling.errors import RuleError
from labeling.rules.reading.fields import did_you_mean, texts_of
from labeling.rules.spans.pipelines.files import components_of, find_pipeline, hash_of_files
from labeling.rules.spans.rule import Pipeline

BATCH_SIZE = 64
"""Texts that go through a component together, unless it is said."""


def read_pipeline(value: object, options: dict[str, Any], folder: Path) -> Pipeline:
    """Read what stands under ``spacy:`` and beside it; nothing of the pipeline is loaded.

    Parameters
    ----------
    value : object
        A folder, or the name of a package.
    options : dict
        ``labels``, and perhaps ``exclude``, ``spans_key`` and ``batch_size``.
    folder : Path
        Where the rules stand.

    Raises
    ------
    RuleError
        If a value is not allowed or there is no such pipeline; the message begins with a verb.
    """
    if not isinstance(value, str) or not value.strip():
        raise RuleError(f"is {value!r}, but must be a folder, or the name of a package")
    labels = _labels(options.get("labels"))
    size = options.get("batch_size", BATCH_SIZE)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise RuleError(f"has 'batch_size: {size}'; allowed: a whole number from 1 on")
    key = options.get("spans_key")
    if key is not None and (not isinstance(key, str) or not key.strip()):
        raise RuleError(f"has 'spans_key: {key}', but needs the name of a group of spans")
    try:
        excluded = texts_of(options["exclude"]) if "exclude" in options else []
    except RuleError as error:
        raise RuleError(f"has 'exclude:', which {error}") from None
    source, path = find_pipeline(value.strip(), folder)
    components = components_of(path)
    for name in excluded:
        if name not in components:
            raise RuleError(
                f"has 'exclude: {name}', which is no component of the pipeline; allowed: "
                f"{', '.join(components)}.{did_you_mean(name, components)}"
            )
    return Pipeline(source, hash_of_files(path), labels, tuple(excluded), key, size)


def _labels(given: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, dict) or not given:
        raise RuleError(
            "needs 'labels:', which says the class of each label of the pipeline that is wanted, for "
            "example labels: {PERSON: Person, ORG: Company}"
        )
    pairs = tuple(cast("dict[Any, Any]", given).items())
    for pair in pairs:
        if not all(isinstance(one, str) and one.strip() for one in pair):
            raise RuleError(
                f"has {pair[0]!r}: {pair[1]!r} under 'labels:', but both must be texts (quote what "
                "YAML takes for a number or a truth value)"
            )
    return pairs
