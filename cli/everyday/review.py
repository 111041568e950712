"""``touchstone review``: the review console of a task."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assets.landing.moved_state import moved_state
from cli.everyday.people import invite, revoke
from cli.options import OneTask
from console.app import create_app, is_loopback, serve
from console.settings import LOOPBACK, ClassInfo, ConsoleSettings
from resources.reviews.rows import ReviewError
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task

ANYWHERE = ("0.0.0.0", "::")  # noqa: S104

EXAMPLES = (
    "review invoices --as anna --port 9000",
    "review invoices --host 0.0.0.0 --name reviews.example.org --certificate site.pem --private-key key.pem",
    "review invoices --label-studio",
)


def review(
    task: OneTask = None,
    host: Annotated[
        str, typer.Option(help="Listen here; anything but this machine asks for a sign-in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the console.")] = 8765,
    name: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            help="Host name under which others reach it; may be given again.",
            show_default="this machine alone",
        ),
    ] = None,
    reviewer: Annotated[
        str | None,
        typer.Option("--as", help="Who answers on this machine.", show_default="your user name"),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="Certificate for HTTPS, a PEM file.", show_default="no HTTPS"),
    ] = None,
    private_key: Annotated[
        Path | None,
        typer.Option(
            help="Key of the certificate, a PEM file.", show_default="in the certificate's file"
        ),
    ] = None,
    label_studio: Annotated[
        bool,
        typer.Option(
            "--label-studio", help="Pull from and push to the task's Label Studio once, and stop."
        ),
    ] = False,
    hints: Annotated[bool, typer.Option("--hints", hidden=True)] = False,
    invited: Annotated[str | None, typer.Option("--invite", hidden=True)] = None,
    role: Annotated[str, typer.Option(hidden=True)] = "reviewer",
    revoked: Annotated[str | None, typer.Option("--revoke", hidden=True)] = None,
) -> None:
    """Review items in the browser.

    Others than you need a token to sign in: `touchstone people invite NAME`.
    """
    chosen, out = find_task(task), Console()
    if (told := moved_state(chosen)) is not None:
        raise TaskError(told)
    if label_studio:
        from console.label_studio.task import sync_task

        out.print(str(sync_task(chosen)), markup=False)
        return
    if invited:
        invite(chosen, invited, role)
    if revoked:
        revoke(chosen, revoked)
    if invited or revoked:
        return
    said = settings(
        chosen,
        sign_in=not is_loopback(host),
        hosts=(*LOOPBACK, *(name or []), *(() if host in ANYWHERE else (host,))),
        reviewer=reviewer or getpass.getuser(),
        blind=not (hints or chosen.spec.reviewers.suggestions),
        secure=certificate is not None,
    )
    if said.sign_in and certificate is None:
        out.print("[yellow]Without --certificate, tokens and items cross the network in the clear.")
    scheme = "https" if certificate else "http"
    out.print(f"Reviewing {chosen.name} at {scheme}://{host}:{port} (Ctrl+C ends it)", markup=False)
    serve(create_app(said), host, port, certificate=certificate, private_key=private_key)


def settings(
    task: Task, *, sign_in: bool, hosts: tuple[str, ...], reviewer: str, blind: bool, secure: bool
) -> ConsoleSettings:
    """Return the console's settings for a task.

    Raises
    ------
    ReviewError
        If the guidelines that task.yaml names cannot be read.
    """
    guidelines = ""
    if task.spec.guidelines:
        path = task.path(task.spec.guidelines)
        try:
            guidelines = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ReviewError(
                f"{task.folder / 'task.yaml'}: guidelines: {path} cannot be read ({error.strerror})"
            ) from error
    return ConsoleSettings(
        task=task.name,
        classes=[ClassInfo(c.name, c.description, c.key) for c in task.spec.classes],
        former=task.former_classes,
        changes=len(task.changes),
        kind=task.kind,
        store_path=task.reviews,
        guidelines=guidelines,
        report_path=task.report,
        image_root=task.image_folder if task.spec.source.image else None,
        blind=blind,
        audit_rate=task.spec.reviewers.audits,
        check_rate=task.spec.reviewers.checks,
        overlap_share=task.spec.reviewers.overlap,
        local_reviewer=reviewer,
        sign_in=sign_in,
        hosts=hosts,
        secure_cookie=secure,
    )
