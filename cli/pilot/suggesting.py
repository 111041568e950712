"""``touchstone pilot errors NAME --suggest MODEL``: what it costs, and what came of it."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape

from cli.asking import confirm, somebody_is_here
from labeling.counted import counted
from labeling.llm.question import Quoted
from orchestration.pilot.going_on import spent_usd
from orchestration.pilot.standing import Standing
from orchestration.pilot.suggesting import Suggested, suggest
from resources.reviews.store import ReviewStore
from resources.task.errors import TaskError
from resources.task.task import Task


def suggest_and_tell(
    out: Console,
    task: Task,
    standing: Standing,
    who: int,
    model: str,
    reviews: ReviewStore,
    *,
    yes: bool,
) -> dict[str, Any]:
    """Ask for a suggestion once somebody agreed to its price, and say where it was written."""

    def agree(cost: Quoted) -> None:
        if yes or cost.worst_usd == 0:
            return
        pilot = task.spec.models.pilot if task.spec.models else None
        cap = pilot.budget_usd if pilot else 0.0
        price = (
            f"One question to {model}: about ${cost.cost_usd:.4f}, at most ${cost.worst_usd:.4f}. A second question, where "
            f"the answer cannot be used, comes on top. Pilots have cost ${spent_usd(task):.4f} of ${cap:g} so far."
        )
        if not somebody_is_here():
            name = standing.candidates[who].name
            raise TaskError(
                f"nothing was asked: nobody is here to say yes. {price} To go on: `touchstone pilot errors {name} "
                f"{task.name} --suggest {model} --yes`"
            )
        Console(stderr=True, highlight=False, soft_wrap=True).print(escape(f"\n{price}"))
        confirm(f"Ask {model}?")

    done = suggest(task, standing, who, model, reviews, agree)
    _show(out, task, done)
    return {**asdict(done), "path": str(done.path)}


def _show(out: Console, task: Task, done: Suggested) -> None:
    said = ["instructions"]
    if done.described:
        said.append(f"the description of {', '.join(done.described)}")
    if done.examples:
        said.append(counted(done.examples, "example"))
    named = (
        done.path.relative_to(task.folder) if done.path.is_relative_to(task.folder) else done.path
    )
    out.print(escape(f"\nWritten: {named} ({'; '.join(said)}). It cost ${done.cost_usd:.4f}."))
    if done.taken_in:
        out.print(
            escape(
                f"Read it, and edit it at will; `touchstone pilot {task.name}` tries it from then on."
            )
        )
    else:
        out.print(
            escape(
                f"Read it, and edit it at will; add {named} to models.prompts in task.yaml, and "
                f"`touchstone pilot {task.name}` tries it from then on."
            )
        )
