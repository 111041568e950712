"""Loading a pipeline of spaCy, and whether it can say what a rule wants of it."""

from functools import lru_cache
from importlib import import_module
from typing import Any

from labeling.errors import RuleError
from labeling.rules.reading.fields import did_you_mean
from labeling.rules.spans.rule import Pipeline, SpanRule

ENTITIES, GROUPS = "doc.ents", "doc.spans"
"""What components say that they set, in spaCy's words."""


def pipeline_of(rule: SpanRule) -> Any:
    """Load the pipeline of a rule, one of the last ones again if it is the same.

    Returns
    -------
    spacy.Language or None
        Without the components that are excluded; None where the rule names no pipeline.

    Raises
    ------
    RuleError
        If spaCy is missing, the pipeline cannot be loaded, or it has no component that marks spans, not
        the group of spans, or a label that the rule names.
    """
    body = rule.body
    if not isinstance(body, Pipeline):
        return None
    try:
        pipeline = _loaded(body.source, body.files, body.exclude)
        _check(pipeline, body)
    except RuleError as error:
        raise RuleError(f"{rule.origin}, rule {rule.name!r}: 'spacy' {error}") from error
    return pipeline


@lru_cache(maxsize=4)
def _loaded(source: str, files: str, exclude: tuple[str, ...]) -> Any:
    del files  # another pipeline may lie there now
    try:
        spacy: Any = import_module("spacy")
    except ImportError:
        raise RuleError(
            "names a pipeline of spaCy, which is not installed: pip install 'touchstone[spacy]'"
        ) from None
    try:
        return spacy.load(source, exclude=list(exclude))
    except Exception as error:  # a pipeline may run code of its own
        raise RuleError(
            f"names the pipeline {source!r}, which spaCy {spacy.__version__} cannot load: "
            f"{type(error).__name__}: {error}"
        ) from error


def _check(pipeline: Any, body: Pipeline) -> None:
    where = GROUPS if body.spans_key is not None else ENTITIES
    marking = {name: one for name, one in pipeline.pipeline if _sets(pipeline, name, one, where)}
    if not marking:
        told = ", ".join(pipeline.pipe_names) or "none"
        other = any(_sets(pipeline, name, one, GROUPS) for name, one in pipeline.pipeline)
        raise RuleError(
            f"names the pipeline {body.source!r}, in which no component sets {where} (components: "
            f"{told}); "
            + (
                "with 'spans_key:' its doc.spans are taken"
                if other and where == ENTITIES
                else "it needs one such as ner, entity_ruler or spancat, neither excluded nor disabled"
            )
        )
    keys = [key for one in marking.values() if isinstance(key := getattr(one, "key", None), str)]
    if body.spans_key is not None and len(keys) == len(marking) and body.spans_key not in keys:
        raise RuleError(f"has 'spans_key: {body.spans_key}'; allowed: {', '.join(keys)}")
    if not all(hasattr(one, "labels") for one in marking.values()):
        return  # a component of one's own need not tell its labels
    known = sorted({str(label) for one in marking.values() for label in one.labels})
    for label, _ in body.labels:
        if label not in known:
            raise RuleError(
                f"has {label!r} under 'labels:', a label that {body.source!r} does not give; allowed: "
                f"{', '.join(known)}.{did_you_mean(label, known)}"
            )


def _sets(pipeline: Any, name: str, component: Any, where: str) -> bool:
    if where in pipeline.get_pipe_meta(name).assigns:
        return True
    return where == ENTITIES and bool(getattr(component, "annotate_ents", False))
