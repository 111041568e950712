"""The command line ``touchstone``: commands listed once, and errors told without a traceback."""

import sys

import typer
from rich.console import Console

from labeling.errors import LabelingError
from orchestration.environment import prepare

USER_ERROR = 2
"""Exit code for what the user can mend; a bug ends with 1 and its traceback."""


def build() -> typer.Typer:
    """Return the application; each command is one file beside this one."""
    from orchestration.commands import run

    app = typer.Typer(
        name="touchstone",
        help="Label data automatically, and keep testing the labels against reviewed ones.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
    )
    app.command()(run.run)
    return app


def main() -> None:
    """Run the command line; user errors become one message and exit code 2."""
    prepare()
    try:
        build()()
    except LabelingError as error:
        Console(stderr=True).print(f"[bold red]error:[/] {_safe(str(error))}", soft_wrap=True)
        sys.exit(USER_ERROR)


def _safe(text: str) -> str:
    """Keep square brackets of item texts from being read as markup."""
    return text.replace("[", r"\[")
