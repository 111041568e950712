"""The command line as pages: one a command, from what the command itself says."""

from collections.abc import Mapping
from typing import Any

import typer
from typer.cli import get_docs_for_click

from cli.app import GROUPS, ROOMS, command, commands

FOLDER = "reference/commands"


def command_pages() -> Mapping[str, str]:
    """Return a page a command, and one that lists them."""
    pages = {f"{FOLDER}/index.md": _overview()}
    return pages | {f"{FOLDER}/{name}.md": _page(name, command(name)) for name in commands()}


def _overview() -> str:
    lines = ["# Commands", "", "`touchstone COMMAND --help` tells the same.", ""]
    for room, names in ROOMS.items():
        if room in GROUPS:
            lines += [f"**`touchstone {room}`** {GROUPS[room]}", ""]
        lines += ["| command | does |", "|---|---|"]
        for name in names:
            first = str(command(name).help).partition("\n")[0]
            lines.append(f"| [`{_called(name)}`]({name}.md) | {first} |")
        lines.append("")
    return "\n".join(lines)


def _page(name: str, told: Any) -> str:
    *path, last = _called(name).split()
    context = typer.Context(told, info_name=name)
    return get_docs_for_click(obj=told, ctx=context, name=last, call_prefix=" ".join(path))


def _called(name: str) -> str:
    (room,) = (room for room, names in ROOMS.items() if name in names)
    return f"touchstone {room} {name}" if room in GROUPS else f"touchstone {name}"
