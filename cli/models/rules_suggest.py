"""``touchstone rules suggest``: rules that a model writes, admitted by what people reviewed."""

import json
import math
import re
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from cli.asking import confirm
from cli.options import AsJson, OneTask
from labeling.counted import counted
from labeling.llm.prompts.settings import Prices
from labeling.llm.question import Quoted
from labeling.rules.candidates import AT_LEAST, COUNT
from labeling.rules.candidates.admission import Verdict
from labeling.rules.candidates.writing import as_yaml
from orchestration.suggesting.deciding import Decided, ask_for_rules, decide
from orchestration.suggesting.judged import By
from orchestration.suggesting.preparing import FILE, Prepared, prepare
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task

EXAMPLES = (
    "rules-suggest invoices --with gpt-4o-mini --yes",
    "rules-suggest invoices --with openai/mine --price 0.15,0.60 --at-least 0.8 --count 20 --by queue",
    "rules-suggest invoices --with gpt-4o-mini --yes --afresh --json",
)


def rules_suggest(
    task: OneTask = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--with", help="Ask this model, as LiteLLM names it.", show_default="none; say one"
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=50, help="Ask for so many rules.")] = COUNT,
    at_least: Annotated[
        float,
        typer.Option(min=0.5, max=0.99, help="Admit rules that surely reach this precision."),
    ] = AT_LEAST,
    by: Annotated[
        By,
        typer.Option(
            help="Measure by the audit, for rules that vote on later batches, or by half of the queue's "
            "reviews, for rules that vote on all."
        ),
    ] = By.AUDIT,
    price: Annotated[
        str | None,
        typer.Option(
            help="US dollars a million tokens sent, and answered, with a comma between.",
            show_default="as LiteLLM lists it",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Spend money without asking before.")] = False,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Ask again what was asked before.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let a model write rules, and admit those that people's reviews prove.

    Also called `touchstone rules suggest`. Nothing of its answer is run as code. Admitted rules are added to
    suggested.yaml in the task's folder.
    """
    if not model:
        raise TaskError(
            "which model is to write rules? Say `touchstone rules suggest TASK --with gpt-4o-mini`, or "
            "any other as LiteLLM names it; `touchstone suggest` finds phrases without one"
        )
    chosen = find_task(task)
    prepared = prepare(chosen, model, count, _prices(price), by, afresh=afresh)
    quoted = prepared.quote(chosen)
    if not quoted.known:
        Console(stderr=True).print(_told_before(prepared, quoted), soft_wrap=True)
        if not yes:
            confirm()
    decided = decide(chosen, prepared, ask_for_rules(chosen, prepared), at_least)
    if as_json:
        typer.echo(json.dumps(_as_json(chosen, decided), ensure_ascii=False))
    else:
        _show(Console(soft_wrap=True), chosen, prepared, decided)


def _prices(told: str | None) -> Prices | None:
    if told is None:
        return None
    number = r"(\d+(?:\.\d+)?)"
    found = re.fullmatch(rf"{number}\s*,\s*{number}", told.strip())
    if found is None:
        raise TaskError(
            f"--price is {told!r}; say two numbers with a comma between, as in 0.15,0.60: US dollars a "
            "million tokens that are sent, and that are answered"
        )
    return Prices(input=float(found[1]), output=float(found[2]))


def _told_before(prepared: Prepared, quoted: Quoted) -> str:
    texts = counted(len(prepared.numbers), "text")
    return escape(
        f"{prepared.question.model} is to be shown {texts} and asked for up to "
        f"{counted(prepared.count, 'rule')}: one question, about ${quoted.cost_usd:.4f}, at most "
        f"${quoted.worst_usd:.4f} an attempt."
    )


def _as_json(task: Task, decided: Decided) -> dict[str, Any]:
    return {
        "task": task.name,
        "cost_usd": decided.answered.cost_usd,
        "known": decided.answered.known,
        "file": str(decided.path),
        "question": decided.number,
        "listed": FILE in task.spec.rules.files,
        "admitted": [
            {
                "name": one.candidate.rule.name,
                "label": one.candidate.rule.label,
                one.candidate.rule.kind: list(one.candidate.patterns),
                "texts": list(one.suggested.texts),
                "precision_low": one.suggested.at_least,
                "reviewed": decided.verdicts[one.candidate.rule.name].reviewed,
                "correct": decided.verdicts[one.candidate.rule.name].correct,
                "after": one.suggested.after,
            }
            for one in decided.admitted
        ],
        "refused": [
            {"name": one.name, "why": one.why} | _measured(decided.verdicts.get(one.name), one.why)
            for one in decided.refused
        ],
    }


def _measured(verdict: Verdict | None, why: str) -> dict[str, Any]:
    """Tell what was found of a rule that was refused for it; nothing of what was never measured."""
    if verdict is None or verdict.why != why:
        return {}
    low = None if math.isnan(verdict.low) else verdict.low
    return {"reviewed": verdict.reviewed, "correct": verdict.correct, "precision_low": low}


def _where(after: str, many: int) -> str:
    votes = "it votes" if many == 1 else "they vote"
    if not after:
        return f"{votes} on every batch, as the queue measures none."
    return f"{votes} on batches after {after}: what measures a batch never changes its labels."


def _show(console: Console, task: Task, prepared: Prepared, decided: Decided) -> None:
    for one in decided.refused:
        console.print(f"[yellow]{escape(one.name)}[/]: {escape(one.why)}")
    if decided.admitted:
        typer.echo(as_yaml(decided.admitted))
        many = len(decided.admitted)
        console.print(
            escape(
                f"{counted(many, 'rule is', 'rules are')} admitted and written to {decided.path}; "
                + _where(prepared.judged.after, many)
            )
        )
        if FILE not in task.spec.rules.files:
            files = [name for name in task.spec.rules.files if (task.folder / name).is_file()]
            console.print(
                escape(f"Add it to task.yaml: `rules: {{files: [{', '.join([*files, FILE])}]}}`")
            )
    else:
        console.print("No rule is admitted; nothing is written.")
    if decided.number > 1:
        console.print(
            f"It was question {decided.number} about these rules: each takes a smaller part of the 5 % "
            "chance of admitting any wrongly, so more reviews."
        )
    known = " The answer was paid for before." if decided.answered.known else ""
    console.print(f"Cost: ${decided.answered.cost_usd:.4f}.{known}")
