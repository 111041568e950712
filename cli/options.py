"""What commands have in common: the task that is meant, JSON, and how an option is explained."""

from pathlib import Path
from typing import Annotated, Any

import typer

OneTask = Annotated[
    Path | None,
    typer.Argument(help="Folder or name of the task; the only one, if there is one."),
]
AnyTask = Annotated[
    Path | None,
    typer.Argument(help="Folder or name of the task; to look at, all of them without it."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
OfKind = Annotated[
    str,
    typer.Option(
        "--kind",
        help="What an answer is: single, a class; several, any number of them: a list, the JSON of one, or "
        "names with ; or | between them, [] for none; or spans, stretches of a text.",
    ),
]


def check_kind(kind: str, allowed: tuple[str, ...] = ("single", "several", "spans")) -> str:
    """Return a kind of files.

    Raises
    ------
    typer.BadParameter
        If there is no such kind.
    """
    if kind not in allowed:
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(allowed)}", param_hint="--kind")
    return kind


def explained(command: Any, examples: tuple[str, ...]) -> Any:
    """Return a command whose help says of switches that they are off, and ends with examples."""
    for option in command.params:
        if getattr(option, "is_flag", False) and not option.secondary_opts:
            option.show_default = "off"
    lines = (f"    touchstone {example}" for example in examples)
    command.epilog = "\n\n".join(["Examples:", *lines])
    return command
