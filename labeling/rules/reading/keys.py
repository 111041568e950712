"""What a rule in YAML may say: every key, what it means and what is allowed, as JSON Schema."""

from typing import Any

from labeling.rules.conditions import TESTS

DEFAULT_SIMILARITY = 0.5
"""Cosine similarity in (0, 1] from which a ``nearest`` rule fires when ``at_least`` is not given."""

_TEXTS: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
    ]
}
_WORD: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_VALUE: dict[str, Any] = {"type": ["string", "number", "boolean", "null"]}
_CONDITIONS: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {
        "anyOf": [
            _VALUE,
            {"type": "array", "items": _VALUE},
            {
                "type": "object",
                "minProperties": 1,
                "properties": {test: {} for test in TESTS},
                "additionalProperties": False,
            },
        ]
    },
}

COMMON: dict[str, dict[str, Any]] = {
    "name": {**_WORD, "description": "Unique within the task; the voter is rule/NAME."},
    "label": {
        **_WORD,
        "description": "The class it votes for; an SQL rule without one returns a class or NULL.",
    },
    "against": {
        **_WORD,
        "description": "In place of label, where an item may have several classes: the class that it "
        "says does not apply.",
    },
    "when": {
        "anyOf": [{"type": "string", "minLength": 1}, _CONDITIONS],
        "description": "Where it may vote at all: conditions on columns, or an SQL expression.",
    },
    "description": {
        "type": "string",
        "description": "For people: what it is for. No part of its version.",
    },
    "owner": {"type": "string", "description": "For people: whom to ask. No part of its version."},
    "suggested": {
        "type": "object",
        "properties": {
            "by": {"type": "string", "description": "The model that wrote it."},
            "day": {"type": "string", "description": "The day it was asked."},
            "texts": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Ids of the items that made it.",
            },
            "at_least": {
                "type": "number",
                "exclusiveMinimum": 0,
                "exclusiveMaximum": 1,
                "description": "Lower bound of its precision; what its series is held to.",
            },
            "after": {
                "type": "string",
                "description": "The newest batch whose audit admitted it: it votes on later ones. Empty: on "
                "all, as only the queue admitted it.",
            },
        },
        "required": ["by", "day", "texts", "at_least", "after"],
        "additionalProperties": False,
        "description": "Of a rule that a model wrote, as `touchstone rules suggest` writes it. Take it "
        "out, and the rule is one of your own. No part of its version.",
    },
}
"""What any rule may carry."""

KINDS: dict[str, dict[str, Any]] = {
    "keyword": {**_TEXTS, "description": "Words or phrases, one of which stands in the text."},
    "regex": {**_TEXTS, "description": "Python's regular expressions, one of which is found."},
    "dictionary": {**_TEXTS, "description": "Files with a term a line, beside the rules file."},
    "sql": {
        "type": "string",
        "minLength": 1,
        "description": "A DuckDB expression over an item's columns: true where it votes.",
    },
    "nearest": {
        **_TEXTS,
        "description": "Example texts: it votes on items whose words are as similar to one of them.",
    },
    "metadata": {
        **_CONDITIONS,
        "description": "Conditions on columns, all of which hold: {likes: {min: 10}, source: [web]}.",
    },
}
"""What a rule looks at; each rule has exactly one of them."""

OPTIONS: dict[str, dict[str, Any]] = {
    "case": {
        "enum": ["ignore", "exact"],
        "description": "Whether capital and small letters are one: ignore, save for regex.",
    },
    "words": {
        "enum": ["whole", "part"],
        "default": "whole",
        "description": "Whether a term is a word by itself, or part of one too.",
    },
    "at_least": {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1,
        "default": DEFAULT_SIMILARITY,
        "description": "Cosine similarity of TF-IDF vectors from which it votes.",
    },
}
"""What else some kinds take."""

TAKES: dict[str, tuple[str, ...]] = {
    "keyword": ("case", "words"),
    "regex": ("case",),
    "dictionary": ("case", "words"),
    "sql": (),
    "nearest": ("at_least",),
    "metadata": (),
}
"""Which of them each kind takes."""

TOP_LEVEL: dict[str, dict[str, Any]] = {
    "rules": {
        "type": ["array", "null"],
        "items": {"$ref": "#/$defs/Rule"},
        "description": "The rules, in whatever order.",
    },
    "classes": {
        "type": "array",
        "items": _WORD,
        "minItems": 2,
        "uniqueItems": True,
        "description": "The classes, where the file is used without a task.",
    },
}
"""The keys of a rules file."""


def rules_schema() -> dict[str, Any]:
    """Return what a rules file may say, as JSON Schema.

    Examples
    --------
    >>> schema = rules_schema()
    >>> schema["$defs"]["Rule"]["properties"]["words"]["enum"]
    ['whole', 'part']
    """
    told = "A voter: it votes for its label where it matches, and abstains elsewhere."
    return schema_of(COMMON, KINDS, OPTIONS, TAKES, TOP_LEVEL, told)


def schema_of(
    common: dict[str, dict[str, Any]],
    kinds: dict[str, dict[str, Any]],
    options: dict[str, dict[str, Any]],
    takes: dict[str, tuple[str, ...]],
    top_level: dict[str, dict[str, Any]],
    description: str,
) -> dict[str, Any]:
    """Return the JSON Schema of a file of rules: exactly one kind each, and what it takes."""
    takers = {option: [kind for kind in takes if option in takes[kind]] for option in options}
    rule: dict[str, Any] = {
        "title": "Rule",
        "description": description,
        "type": "object",
        "properties": {**common, **kinds, **options},
        "required": ["name"],
        "additionalProperties": False,
        "oneOf": [{"required": [kind]} for kind in kinds],
        "allOf": [
            {"if": {"required": [option]}, "then": {"anyOf": [{"required": [k]} for k in names]}}
            for option, names in takers.items()
        ],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules",
        "description": "Rules that vote, each on items where it matches.",
        "type": "object",
        "properties": top_level,
        "required": ["rules"],
        "additionalProperties": False,
        "$defs": {"Rule": rule},
    }
