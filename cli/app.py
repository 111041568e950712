"""The command line ``touchstone``: commands listed once, and errors told without a traceback."""

import ast
import importlib
import keyword
import sys
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from cli.options import explained
from labeling.errors import LabelingError
from resources.environment import prepare

USER_ERROR = 2
"""Exit code for what the user can mend; a bug ends with 1 and its traceback."""

ROOMS = {
    "new": ("new", "schema"),
    "everyday": (
        "run",
        "up",
        "review",
        "people",
        "status",
        "explain",
        "export",
        "import",
        "alarm",
        "classes",
        "quarantine",
        "reset",
    ),
    "store": ("move", "rollback"),
    "pilot": ("pilot",),
    "doctor": ("doctor",),
    "models": ("quote", "ledger", "canary", "injections", "rules-suggest"),
    "file": ("rules", "suggest", "compare", "consensus", "estimate", "judge", "drift", "plan"),
}
"""Folder to its commands, in the order of the help; each is a function in the file of its name.

A word that Python keeps for itself has an underscore behind it there, and a hyphen is one. Beside it stand its EXAMPLES,
without the word touchstone: together they show every option.
"""

GROUPS = {
    "models": "What language models cost, what they said, and whether they changed.",
    "file": "Work on plain files, without a task: rules, votes, labels and reviews.",
}
"""Folders whose commands stand in a group; they go by their bare names too, which no help lists."""


TWO_WORDS = {("rules", "suggest"): "rules-suggest"}
"""Commands that may be said in two words."""


class _Lazily(TyperGroup):
    """Imports a command when it is called: together they take seconds, the help needs none."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        args = joined(args)
        if args and args[0] in self.commands and args[0] not in GROUPS:
            self.commands[args[0]] = command(args[0])
        return super().resolve_command(ctx, args)


def joined(words: list[str]) -> list[str]:
    """Return the words of a command line, a command of two of them as one.

    Examples
    --------
    >>> joined(["rules", "suggest", "letters"]), joined(["rules", "letters"])
    (['rules-suggest', 'letters'], ['rules', 'letters'])
    """
    name = TWO_WORDS.get((words[0], words[1])) if len(words) > 1 else None
    return [name, *words[2:]] if name else words


def build() -> typer.Typer:
    """Return the application; each command is one file in a folder beside this one."""
    app = typer.Typer(
        name="touchstone",
        cls=_Lazily,
        help="Label data automatically, and keep testing the labels against reviewed ones.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
    )
    groups = {
        room: typer.Typer(cls=_Lazily, help=told, no_args_is_help=True)
        for room, told in GROUPS.items()
    }
    for name, path in commands().items():
        group = groups.get(path.parent.name)
        if group is not None:
            group.command(name, help=_first_line(path))(_placeholder)
        app.command(name, help=_first_line(path), hidden=group is not None)(_placeholder)
    for room, group in groups.items():
        app.add_typer(group, name=room)
    return app


def commands() -> dict[str, Path]:
    """Return each command and the file in which it stands, in the order of the help."""
    here = Path(__file__).parent
    return {
        name: here / room / f"{_python_name(name)}.py"
        for room, names in ROOMS.items()
        for name in names
    }


def main() -> None:
    """Run the command line; user errors become one message and exit code 2."""
    prepare()
    try:
        build()()
    except LabelingError as error:
        _tell(str(error))
    except Exception as error:
        from orchestration.faults.damage import damage_around
        from orchestration.faults.refused import refused

        damaged = damage_around(sys.argv[1:])
        if not damaged:
            told = refused(error)
            if told is None:
                raise
            _tell(told)
        _tell("\n".join(f"{one.path} is damaged ({one.fault}): {one.remedy}" for one in damaged))


def _tell(error: str) -> NoReturn:
    Console(stderr=True).print(f"[bold red]error:[/] {escape(error)}", soft_wrap=True)
    sys.exit(USER_ERROR)


def command(name: str) -> Any:
    """Import a command and return it as it is called, without the application around it."""
    path = commands()[name]
    module = importlib.import_module(f"cli.{path.parent.name}.{path.stem}")
    alone = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
    alone.command(name)(getattr(module, _python_name(name)))
    return explained(typer.main.get_command(alone), module.EXAMPLES)


def _python_name(command: str) -> str:
    return f"{command}_" if keyword.iskeyword(command) else command.replace("-", "_")


def _first_line(path: Path) -> str:
    """Return what the help says of a command, without importing it."""
    functions = [
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == path.stem
    ]
    return (ast.get_docstring(functions[0]) or "").partition("\n")[0] if functions else ""


def _placeholder() -> None:
    """Stand in for a command that is not imported yet."""
