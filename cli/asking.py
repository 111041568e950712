"""Asking before something is done that cannot be taken back."""

import sys

import typer

from resources.task.errors import TaskError


def somebody_is_here() -> bool:
    """Return whether a person can answer: standard input is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def confirm(question: str = "Go on?") -> None:
    """Go on only if a person says yes.

    Raises
    ------
    TaskError
        If nobody is there to be asked.
    typer.Exit
        With code 1, if the answer is no.
    """
    if not somebody_is_here():
        raise TaskError("nobody is here to say yes; --yes goes on without asking")
    if not typer.confirm(question, err=True):
        raise typer.Exit(1)
