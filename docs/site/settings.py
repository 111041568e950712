"""Settings as pages: one a section of task.yaml, one for rules and one for prompts, from their schemas."""

from collections.abc import Iterator, Mapping
from typing import Any

from labeling.rules.reading import keys
from labeling.rules.spans import keys as span_keys
from resources.task.settings.json_schema import prompt_schema, sections_of, task_schema
from resources.task.settings.remakes import settings
from resources.task.settings.schema import TaskSpec
from resources.task.settings.section import Remakes

FOLDER = "reference/settings"
EDITORS = "Editors complete and check it by `touchstone schema {}`."

Schema = Mapping[str, Any]

REMAKES = dict(settings(TaskSpec))
"""What each value of task.yaml remakes, by its path."""


def settings_pages() -> Mapping[str, str]:
    """Return a page a section of task.yaml, one of what stands at its top, one of rules, one of prompts."""
    schema = task_schema()
    tops = {name: told for name, told in schema["properties"].items() if not sections_of(told)}
    sections = {name: told for name, told in schema["properties"].items() if name not in tops}
    index = [
        "# task.yaml",
        EDITORS.format("task"),
        "## At the top",
        _table(tops, ""),
        "## Sections",
        "| section | |\n|---|---|",
        *(f"| [`{name}`]({name}.md) | {told['description']} |" for name, told in sections.items()),
        "## What a change remakes",
        "What stands beside a setting says what the next run makes anew once it is another.",
        "| | |\n|---|---|",
        *(f"| {_word(one)} | {one.value} |" for one in Remakes),
    ]
    pages = {f"{FOLDER}/index.md": _lines(index)}
    for name, told in sections.items():
        parts = [f"# {name}", *_section(told, name, schema)]
        pages[f"{FOLDER}/{name}.md"] = _lines(parts)
    rules = _rules("Rules", keys.rules_schema(), keys.TAKES, EDITORS.format("rules"))
    span_rules = _rules(
        "Rules that mark spans",
        span_keys.span_rules_schema(),
        span_keys.TAKES,
        EDITORS.format("span_rules"),
    )
    return pages | {
        "reference/rules.md": rules,
        "reference/span_rules.md": span_rules,
        "reference/prompts.md": _prompts(),
    }


def _section(told: Schema, path: str, schema: Schema, level: int = 2) -> Iterator[str]:
    """Tell a section and, below it, the sections in it."""
    yield str(told["description"])
    for name in sections_of(told):
        fields = schema["$defs"][name]["properties"]
        yield _table(fields, path)
        for inner, field in fields.items():
            if sections_of(field):
                yield f"{'#' * level} {path}.{inner}"
                yield from _section(field, f"{path}.{inner}", schema, level + 1)


def _rules(
    title: str, schema: Schema, takes_of: dict[str, tuple[str, ...]], editors: str = ""
) -> str:
    rule = schema["$defs"]["Rule"]["properties"]
    takes = [
        f"| `{kind}` | {', '.join(f'`{o}`' for o in takes_of[kind]) or 'nothing'} |"
        for kind in takes_of
    ]
    parts = [
        f"# {title}",
        f"{schema['description']} {editors}".strip(),
        _table(schema["properties"]),
        "## Each rule",
        f"{schema['$defs']['Rule']['description']} It has a name, and exactly one of the kinds below.",
        _table(rule),
        "## What a kind takes beside it",
        "| kind | takes |\n|---|---|",
        *takes,
    ]
    return _lines(parts)


def _prompts() -> str:
    schema = prompt_schema()
    parts = ["# Prompts", f"{schema['description']} {EDITORS.format('prompt')}"]
    parts.append(_table(schema["properties"]))
    for name, told in schema["properties"].items():
        if sections_of(told):
            parts += [f"## {name}", told["description"]]
            for section in sections_of(told):
                parts.append(_table(schema["$defs"][section]["properties"]))
    return _lines(parts)


def _table(fields: Schema, path: str | None = None) -> str:
    """Tell fields a row each; with what they remake, where they stand in task.yaml."""
    told = [f"| setting | says | allowed | default |{'' if path is None else ' remakes |'}"]
    told.append("|---|---|---|---|" + ("" if path is None else "---|"))
    for name, field in fields.items():
        cells = [f"`{name}`", field["description"], allowed(field), _default(field)]
        if path is not None:
            setting = f"{path}.{name}" if path else name
            level = REMAKES.get(setting, REMAKES.get(path))
            cells.append("" if level is None else _word(level))
        told.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(told)


def _word(level: Remakes) -> str:
    return level.name.lower().replace("_", " ")


def _default(field: Schema) -> str:
    if sections_of(field) or field.get("default") in (None, "", [], {}):
        return ""
    default = field["default"]
    if isinstance(default, list):
        return ", ".join(f"`{one}`" for one in default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def allowed(field: Schema) -> str:
    """Say in words what a schema allows.

    Examples
    --------
    >>> allowed({"type": "number", "minimum": 0, "maximum": 1})
    'number, 0 to 1'
    >>> allowed({"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "null"}]})
    'whole number, above 0'
    >>> allowed({"type": "array", "items": {"enum": ["a", "b"]}})
    'list of: `a`, `b`'
    """
    if "$ref" in field:
        return "section"
    if "anyOf" in field:
        ones = [allowed(one) for one in field["anyOf"] if one.get("type") != "null"]
        return "; or ".join(dict.fromkeys(ones))
    if "enum" in field:
        return ", ".join(f"`{one}`" for one in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    kind = field.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "string")
    if kind == "array":
        return (
            "list of sections"
            if "$ref" in field["items"]
            else f"list of: {allowed(field['items'])}"
        )
    if kind == "object":
        inner = field.get("additionalProperties")
        if isinstance(inner, Mapping) and "$ref" not in inner and "anyOf" not in inner:
            return f"names to: {allowed(inner)}"
        return "names to values"
    words = {"integer": "whole number", "number": "number", "boolean": "`true`, `false`"}
    return ", ".join([words.get(str(kind), "text"), *_bounds(field)])


def _bounds(field: Schema) -> Iterator[str]:
    low, high = field.get("minimum"), field.get("maximum")
    if low is not None and high is not None:
        yield f"{low:g} to {high:g}"
    elif low is not None:
        yield f"from {low:g}"
    elif high is not None:
        yield f"up to {high:g}"
    above, below = field.get("exclusiveMinimum"), field.get("exclusiveMaximum")
    if above is not None:
        yield f"above {above:g}" + (f" and below {below:g}" if below is not None else "")
    if "pattern" in field:
        yield f"matching `{field['pattern']}`"


def _lines(parts: list[str]) -> str:
    """Put parts under each other, rows of one table without a gap."""
    text = ""
    for part in parts:
        rows = part.startswith("|") and text.endswith("|\n") and not part.startswith("| setting")
        text += ("" if rows or not text else "\n") + part + "\n"
    return text
