"""``touchstone review``: the review console of a task."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from console.app import create_app, is_loopback, serve
from console.settings import LOOPBACK, ClassInfo, ConsoleSettings
from resources.reviews.reviewers import Reviewers
from resources.reviews.rows import ReviewError
from resources.reviews.store import ReviewStore
from resources.task.locate import find_task
from resources.task.task import Task

ANYWHERE = ("0.0.0.0", "::")  # noqa: S104


def review(
    task: Annotated[
        Path | None,
        typer.Argument(help="Folder or name of the task; the only one, if there is one."),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Listen here; anything but this machine asks for a sign-in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the console.")] = 8765,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Host name under which others reach it; may be given again."),
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option("--as", help="Who answers on this machine; else your user name.")
    ] = None,
    invite: Annotated[
        str | None, typer.Option(help="Print a new token for this person, and stop.")
    ] = None,
    role: Annotated[
        str, typer.Option(help="Of --invite: reviewer, adjudicator or admin.")
    ] = "reviewer",
    revoke: Annotated[
        str | None, typer.Option(help="End this person's token and sessions, and stop.")
    ] = None,
    label_studio: Annotated[
        bool,
        typer.Option(
            "--label-studio", help="Pull from and push to the task's Label Studio once, and stop."
        ),
    ] = False,
    hints: Annotated[
        bool,
        typer.Option("--hints", help="Show machine labels on half of the queue; never audits."),
    ] = False,
    certificate: Annotated[Path | None, typer.Option(help="For HTTPS, a PEM file.")] = None,
    private_key: Annotated[
        Path | None, typer.Option(help="Of the certificate, a PEM file.")
    ] = None,
) -> None:
    """Review items in the browser, or manage who may."""
    chosen, out = find_task(task), Console()
    if label_studio:
        from console.label_studio_task import sync_task

        out.print(str(sync_task(chosen)), markup=False)
        return
    if invite or revoke:
        store = ReviewStore(chosen.reviews)
        if invite:
            token = Reviewers(store.database).invite(invite, role)
            store.log("command line", "invited", f"{invite} as {role}")
            out.print(f"Token of {invite} ({role}), shown only now:", markup=False)
            typer.echo(token)
        if revoke:
            if not Reviewers(store.database).revoke(revoke):
                raise ReviewError(f"nobody named {revoke!r} has a token for task {chosen.name!r}")
            store.log("command line", "revoked", revoke)
            out.print(f"{revoke} can no longer sign in; the reviews stay.", markup=False)
        store.close()
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
