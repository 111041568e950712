"""What a span rule in YAML may say, as JSON Schema; what other rules say too is taken from there."""

from typing import Any

from labeling.rules.reading import keys

_WHEN: dict[str, Any] = keys.COMMON["when"]

COMMON: dict[str, dict[str, Any]] = {
    "name": keys.COMMON["name"],
    "type": {
        **keys.COMMON["label"],
        "description": "The type it marks; a dictionary with types of its own, and a pipeline, go "
        "without.",
    },
    "against": {
        **keys.COMMON["label"],
        "description": "In place of 'type': the type that what it marks is not.",
    },
    "when": {
        **_WHEN["anyOf"][1],
        "description": "Items on which it is applied at all: conditions on columns.",
    },
    "description": keys.COMMON["description"],
    "owner": keys.COMMON["owner"],
}
"""What any span rule may carry."""

KINDS: dict[str, dict[str, Any]] = {
    "keyword": {**keys.KINDS["keyword"], "description": "Words or phrases, wherever they stand."},
    "dictionary": {
        **keys.KINDS["dictionary"],
        "description": "Files with a term a line, or tables with a column of terms.",
    },
    "regex": {
        **keys.KINDS["regex"],
        "description": "Python's regular expressions; every match is marked.",
    },
    "spacy": {
        "type": "string",
        "minLength": 1,
        "description": "A pipeline of spaCy: its folder, or the package it is installed as.",
    },
}
"""What a span rule looks for; each has exactly one of them."""

OPTIONS: dict[str, dict[str, Any]] = {
    "case": keys.OPTIONS["case"],
    "words": keys.OPTIONS["words"],
    "column": {
        "type": "string",
        "minLength": 1,
        "default": "term",
        "description": "Column of the terms in a dictionary that is a table.",
    },
    "type_column": {
        "type": "string",
        "minLength": 1,
        "description": "Column of their types, in place of 'type'.",
    },
    "group": {
        "type": ["integer", "string"],
        "default": 0,
        "description": "Number or name of the group that is marked; 0 is the whole match.",
    },
    "labels": {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {"type": "string", "minLength": 1},
        "description": "Labels of the pipeline and the class that each is, in place of 'type'; "
        "others are not marked.",
    },
    "exclude": {
        **keys.KINDS["keyword"],
        "description": "Components of the pipeline that are not loaded, since nothing asks for them.",
    },
    "spans_key": {
        "type": "string",
        "minLength": 1,
        "description": "What the pipeline puts under this key of doc.spans is marked; doc.ents "
        "unless it is said.",
    },
    "batch_size": {
        "type": "integer",
        "minimum": 1,
        "default": 64,
        "description": "Texts that go through a component of the pipeline together.",
    },
}
"""What else some kinds take."""

TAKES: dict[str, tuple[str, ...]] = {
    "keyword": ("case", "words"),
    "dictionary": ("case", "words", "column", "type_column"),
    "regex": ("case", "group"),
    "spacy": ("labels", "exclude", "spans_key", "batch_size"),
}
"""Which of them each kind takes."""


def span_rules_schema() -> dict[str, Any]:
    """Return what a file of span rules may say, as JSON Schema.

    Examples
    --------
    >>> sorted(span_rules_schema()["$defs"]["Rule"]["properties"])[:4]
    ['against', 'batch_size', 'case', 'column']
    """
    return keys.schema_of(
        COMMON,
        KINDS,
        OPTIONS,
        TAKES,
        {"rules": keys.TOP_LEVEL["rules"]},
        "Marks its type where it matches.",
    )
