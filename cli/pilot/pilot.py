"""``touchstone pilot``: compare prompts on a reviewed sample, and promote the one that proved better."""

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from cli.asking import confirm, somebody_is_here
from cli.options import AsJson
from cli.pilot.output import show_errors, show_history, show_quote, show_round
from cli.pilot.suggesting import suggest_and_tell
from cli.which_task import TaskOption
from labeling.counted import counted
from orchestration.pilot.candidates import edited
from orchestration.pilot.class_figures import class_rows
from orchestration.pilot.deciding import promote, take_back
from orchestration.pilot.figures import errors_of, mistakes_of, place_of, rows_of, verdict_of
from orchestration.pilot.going_on import Round, go_on, quote_round, spent_usd
from orchestration.pilot.page import write_page
from orchestration.pilot.registering import register
from orchestration.pilot.standing import Standing, standing_of
from resources.environment import user
from resources.pilots.store import PilotStore
from resources.reviews.store import ReviewStore
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task


class What(StrEnum):
    """What can be done beside going on with a pilot."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"
    HISTORY = "history"
    ERRORS = "errors"


EXAMPLES = (
    "pilot invoices --yes",
    "pilot invoices --look --json",
    "pilot errors classify --task invoices",
    "pilot errors classify invoices --suggest gpt-4o",
    "pilot promote classify invoices",
    "pilot rollback invoices",
)


def pilot(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WHAT] [NAMES]... [TASK]",
            help="Without a word the pilot goes on. promote NAME ...; rollback; history; errors NAME.",
            show_default=False,
        ),
    ] = None,
    option: TaskOption = None,
    look: Annotated[
        bool, typer.Option("--look", help="Tell where it stands; ask neither models nor people.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask the models without showing the cost first.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            "--suggest",
            metavar="MODEL",
            help="With errors: ask this model for better words, and write them as another prompt.",
            show_default="no suggestion",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try prompts on a reviewed sample first; only those that are promoted are asked of everything."""
    what, names, task = _read(words or [], option)
    if model is not None and (what is not What.ERRORS or not model.strip()):
        raise TaskError(
            "--suggest goes with errors and a model: `touchstone pilot errors NAME --suggest MODEL`"
        )
    reviews = ReviewStore(task.reviews, kind=task.kind)
    try:
        told = _do(what, names, task, reviews, look=look, yes=yes, model=model, as_json=as_json)
    finally:
        reviews.close()
    if as_json:
        typer.echo(json.dumps(told, default=str))
    if what is None and told["in_vain"]:
        raise TaskError(f"{task.name}: nothing was asked: {told['why']}")


def _read(words: list[str], option: Path | None) -> tuple[What | None, list[str], Task]:
    """Tell what is wanted, the names that are meant and the task, which stands last."""
    what = What(words[0]) if words and words[0] in list(What) else None
    rest = words[1:] if what else words
    takes_names = what in (What.PROMOTE, What.ERRORS)
    if what is None and len(rest) > 1:
        raise TaskError(_not_understood(rest))
    if option is not None:
        task = find_task(option)
    elif (takes_names and len(rest) > 1 and _is_task(rest[-1])) or (not takes_names and rest):
        *rest, last = rest
        task = find_task(Path(last))
    else:
        task = find_task(None)
    if rest and not takes_names:
        raise TaskError(_not_understood(rest))
    if takes_names and not rest:
        raise TaskError(
            f"{what} needs the name of a candidate; `touchstone pilot --look` lists them"
        )
    return what, rest, task


def _not_understood(words: list[str]) -> str:
    return (
        f"{' '.join(words)}: not understood; say a task alone, or one of {', '.join(What)} before it; see "
        "`touchstone pilot --help`"
    )


def _is_task(word: str) -> bool:
    try:
        find_task(Path(word))
    except TaskError:
        return False
    return True


def _do(
    what: What | None,
    names: list[str],
    task: Task,
    reviews: ReviewStore,
    *,
    look: bool,
    yes: bool,
    model: str | None,
    as_json: bool,
) -> Any:
    out = Console(highlight=False, soft_wrap=True, quiet=as_json)
    store = PilotStore(task.pilots)
    if what is What.PROMOTE:
        done = promote(task, names, user(), reviews)
        out.print(escape(f"Promoted: {', '.join(one.name for one in done.prompts)}."))
        out.print(escape(f"The pilot says: {done.evidence['verdict']}"))
        out.print(f"`touchstone run {task.name}` asks no other prompt.")
        _publish(out, task, store, reviews)
        return asdict(done)
    if what is What.ROLLBACK:
        done = take_back(task, user())
        names_now = ", ".join(one.name for one in done.prompts)
        out.print(escape(f"Taken back. Asked from now on: {names_now or 'no prompt'}."))
        _publish(out, task, store, reviews)
        return asdict(done)
    if what is What.HISTORY:
        made = store.promotions()
        show_history(out, task, made)
        return [asdict(one) for one in made]
    standing = standing_of(task, store, reviews)
    if what is What.ERRORS:
        who = place_of(standing, names[0], task)
        wrong = errors_of(standing, who, task, reviews)
        show_errors(out, standing, who, wrong, mistakes_of(standing, who), task.kind)
        if model is not None:
            return suggest_and_tell(out, task, standing, who, model.strip(), reviews, yes=yes)
        return wrong
    if look:
        done = Round(standing, 0)
    else:
        _agree(task, standing, reviews, yes=yes)
        done = _go_on(task, reviews)
    page = write_page(task, done.standing)
    rows, classes = rows_of(task, done.standing), class_rows(task, done.standing)
    verdict = verdict_of(task, done.standing)
    show_round(out, task, done, rows, classes, spent_usd(task))
    for name in edited(task, store):
        out.print(
            escape(
                f"{name}: its file was edited since. The full run asks what was promoted, and the"
            )
            + " file takes part as another candidate."
        )
    out.print(f"Page: {page}")
    if not look:
        _register(out, task, done.standing, rows)
    out.print(f"[bold]{escape(verdict)}[/]")
    return _told(task, done, rows, classes, verdict)


def _agree(task: Task, standing: Standing, reviews: ReviewStore, *, yes: bool) -> None:
    """Show what a round will cost and ask whether to go on, where it costs anything."""
    if yes:
        return
    quotes = quote_round(task, standing, reviews)
    if not quotes or all(q.worst_usd == 0 for q in quotes):
        return
    on_the_side = Console(stderr=True, highlight=False, soft_wrap=True)
    show_quote(on_the_side, task, quotes, spent_usd(task))
    if not somebody_is_here():
        raise TaskError(
            f"nothing was asked: nobody is here to say yes; `touchstone pilot {task.name} --yes` asks the models"
        )
    confirm(f"Ask {counted(len(quotes), 'candidate')}?")


def _go_on(task: Task, reviews: ReviewStore) -> Round:
    from cli.progress import progress_bar

    with progress_bar(task) as tell:
        return go_on(task, reviews, tell)


def _publish(out: Console, task: Task, store: PilotStore, reviews: ReviewStore) -> None:
    standing = standing_of(task, store, reviews)
    write_page(task, standing)
    _register(out, task, standing, rows_of(task, standing))


def _register(out: Console, task: Task, standing: Standing, rows: list[dict[str, Any]]) -> None:
    why = register(task, standing, rows)
    if why:
        out.print(
            f"[yellow]MLflow's prompts are as they were:[/] {escape(why)}. `touchstone pilot {task.name}` tells them "
            "anew; nothing else hangs on it."
        )


def _told(
    task: Task, done: Round, rows: list[dict[str, Any]], classes: list[dict[str, Any]], verdict: str
) -> dict[str, Any]:
    more = done.standing.told.verdict
    return {
        "verdict": verdict,
        "say": more.say.value,
        "more_reviews": more.more,
        "reviewed": done.standing.reviewed,
        "open": done.standing.waiting,
        "put_up": done.put_up,
        "why": done.why,
        "in_vain": done.in_vain,
        "spent_usd": spent_usd(task),
        "candidates": rows,
        "classes": classes,
    }
