"""``touchstone schema``: what settings files may say, for editors that complete and check them."""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from labeling.rules.reading.keys import rules_schema
from labeling.rules.spans.keys import span_rules_schema
from resources.task.errors import TaskError
from resources.task.settings.json_schema import prompt_schema, task_schema


class Kind(StrEnum):
    """Files that a schema is of."""

    TASK = "task"
    RULES = "rules"
    SPAN_RULES = "span_rules"
    PROMPT = "prompt"


SCHEMAS: Mapping[Kind, Callable[[], dict[str, Any]]] = {
    Kind.TASK: task_schema,
    Kind.RULES: rules_schema,
    Kind.SPAN_RULES: span_rules_schema,
    Kind.PROMPT: prompt_schema,
}

IN_A_PROJECT = (Kind.TASK, Kind.RULES, Kind.SPAN_RULES)
"""Of files that name their schema in their first line; editors check no front matter by one."""

EXAMPLES = (
    "schema rules",
    "schema --write",
)


def schema(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="task.yaml, a rules file, one that marks spans, or the front matter of a prompt."
        ),
    ] = Kind.TASK,
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Write those of task.yaml and rules files into tasks/ instead of printing.",
        ),
    ] = False,
) -> None:
    """Print the JSON Schema that editors complete and check task.yaml and rules.yaml by."""
    if write:
        try:
            written = write_schemas(Path.cwd())
        except OSError as error:
            raise TaskError(f"{error.filename} cannot be written: {error.strerror}") from None
        for path in written:
            typer.echo(f"wrote {path}")
    else:
        typer.echo(_text(kind), nl=False)


def write_schemas(project: Path) -> list[Path]:
    """Write the schemas beside the tasks of a project, where the files' first lines look for them."""
    written: list[Path] = []
    for kind in IN_A_PROJECT:
        path = project / "tasks" / f"{kind}.schema.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(kind), encoding="utf-8")
        written.append(path)
    return written


def _text(kind: Kind) -> str:
    return json.dumps(SCHEMAS[kind](), indent=2) + "\n"
