"""A model is asked for better words of a prompt; what it says becomes another candidate.

It is shown answers of people that teach, never one that measures, and it is paid out of the pilot's
budget. Whether its words are better is told by items that are drawn from then on.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from labeling.counted import counted
from labeling.errors import BudgetError, LabelingError, PromptError, SuggestionError
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.prompts.prompt import parse_prompts
from labeling.llm.prompts.rendering import Example
from labeling.llm.providers.price import Price
from labeling.llm.providers.transport import Transport
from labeling.llm.question import (
    Answered,
    Question,
    Quoted,
    ask_question,
    ask_until_read,
    quote_question,
    to_be_asked,
)
from labeling.llm.voters import as_price
from labeling.pilots.lessons import Answered as Lesson
from labeling.pilots.lessons import lessons, question
from labeling.pilots.suggested_text import suggested_text
from labeling.pilots.suggestion import Suggestion, read_suggestion, schema_of
from orchestration.pilot.asking import RUN
from orchestration.pilot.candidates import candidates_of, pilot_of
from orchestration.pilot.going_on import spent_usd
from orchestration.pilot.placing import place_beside
from orchestration.pilot.standing import Standing
from orchestration.pilot.teaching import answered_of
from resources.models.task_models import (
    as_prompt,
    asking_nobody,
    classes_of,
    pace_of,
    prompt_files,
    transport_of,
    written_prompts,
)
from resources.pilots.rows import Candidate
from resources.pilots.store import PilotStore
from resources.reviews.store import ReviewStore
from resources.task.errors import TaskError
from resources.task.task import Task

KIND = "suggest"
"""As which the ledger books it."""

ROOM = 4096
"""Completion tokens that a suggestion may have at first."""

PATIENCE_S = 180.0
"""Seconds that it may take: these are long answers."""

OTHERS = 3
"""Prompts that are tried beside it and told of, at most."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """What became of a suggestion.

    Attributes
    ----------
    path : Path
        The new prompt file.
    taken_in : bool
        Whether `models.prompts` names it already.
    described : tuple of str
        Classes that it describes otherwise.
    examples : int
        Answered items that it shows, 0 where it leaves examples as they were.
    cost_usd : float
        Paid for it, in US dollars; 0 if the ledger knew the answer.
    """

    path: Path
    taken_in: bool
    described: tuple[str, ...]
    examples: int
    cost_usd: float


def suggest(
    task: Task,
    standing: Standing,
    who: int,
    model: str,
    reviews: ReviewStore,
    agree: Callable[[Quoted], None],
) -> Suggested:
    """Ask ``model`` for better words of a candidate, and write them as a prompt file beside its own.

    Parameters
    ----------
    who : int
        Place of the candidate.
    model : str
        As LiteLLM names it.
    agree : callable
        Is told what it costs before anything is sent, and raises where nobody wants it.

    Raises
    ------
    TaskError
        If there is nothing to learn from, or what came back cannot be used: nothing is written then, and
        what it cost is told.
    """
    one = standing.candidates[who]
    if task.spec.demo.simulated is not None:
        raise TaskError(
            f"{task.name}: its models are simulated (demo.simulated), and such a model suggests nothing"
        )
    shown = _lessons(task, standing, who, reviews)
    asked, price = _question(task, standing, one, shown, model), _price(task, model)
    read, before = _reader(task, shown), spent_usd(task)
    with open_ledger(task.ledger) as ledger:
        nobody = asking_nobody(task)
        cost = quote_question(to_be_asked(asked, read, ledger), nobody, ledger, price)
    agree(cost)
    try:
        with open_ledger(task.ledger) as ledger, transport_of(task) as door:
            said = ask_until_read(asked, read, _asking(task, door, ledger, price))
        text = _written(task, one, said, shown, model)
    except LabelingError as error:
        raise TaskError(_unusable(task, model, error, spent_usd(task) - before)) from None
    path = place_beside(_file(task, one), text)
    return Suggested(
        path,
        path in prompt_files(task),
        tuple(said.descriptions),
        len(said.examples),
        spent_usd(task) - before,
    )


def _lessons(task: Task, standing: Standing, who: int, reviews: ReviewStore) -> list[Lesson]:
    """Return what the model is shown; say so where it would learn nothing."""
    name = standing.candidates[who].name
    answered = answered_of(task, standing, who, reviews)
    next_step = f"next: `touchstone pilot {task.name}`, then `touchstone review {task.name}`"
    if not answered and standing.reviewed and task.spec.source.image is not None:
        raise TaskError(
            f"{task.name}: better words are suggested from texts that people answered, and none of what they "
            f"answered has one: a model is shown no picture here. `touchstone pilot errors {name} {task.name}` "
            "names the pictures that it got wrong; write another prompt file by hand"
        )
    if not answered:
        raise TaskError(
            f"{task.name}: people have answered no item with a text that may teach, so nothing says what is right; "
            f"{next_step}"
        )
    if len({one.gold for one in answered}) == 1:
        same = task.kind.readable(answered[0].gold, answered[0].text)
        raise TaskError(
            f"{task.name}: people gave the same answer to all {counted(len(answered), 'item')} that may teach "
            f"({same}), and nothing can be told apart by that; {next_step}"
        )
    if not any(one.wrong for one in answered):
        raise TaskError(
            f"{name}: nothing is known that it got wrong, so there is nothing to mend; {next_step}"
        )
    return lessons(answered)


def _question(
    task: Task, standing: Standing, one: Candidate, shown: Sequence[Lesson], model: str
) -> Question:
    beside = {other.text: other for other in standing.candidates if other.file != one.file}
    others = [as_prompt(task, other) for other in list(beside.values())[-OTHERS:]]
    messages = question(as_prompt(task, one), classes_of(task), shown, others)
    schema = schema_of(task.classes, _fit(shown))
    return Question(KIND, model, messages, schema, ROOM, PATIENCE_S)


def _reader(task: Task, shown: Sequence[Lesson]) -> Callable[[str], Suggestion]:
    every = range(1, len(shown) + 1)
    return lambda text: read_suggestion(text, task.classes, _fit(shown), every)


def _fit(shown: Sequence[Lesson]) -> list[int]:
    return [number for number, item in enumerate(shown, start=1) if item.fits]


def _price(task: Task, model: str) -> Price:
    """Return what a prompt of the task says of the model's price, else what is known of it."""
    said = (p.settings.price for p in written_prompts(task) if p.model == model)
    told = next((one for one in said if one is not None), None)
    price = asking_nobody(task).price(model) if told is None else as_price(told)
    if price is None:
        raise TaskError(
            f"nobody knows what {model} costs, so the pilot's budget cannot be held; say it under models in "
            f"{task.folder / 'task.yaml'}: `prices: {{{model}: {{input: 0.15, output: 0.60}}}}`, US dollars a million "
            "tokens that are sent, and that are answered (0 for a model of your own)"
        )
    return price


def _asking(
    task: Task, transport: Transport, ledger: Ledger, price: Price
) -> Callable[[Question], Answered]:
    models, pilot = pilot_of(task)
    budget = Budget(pilot.budget_usd, models.budget.day_usd, models.budget.task_usd)

    def ask(asked: Question) -> Answered:
        return ask_question(
            asked,
            transport,
            ledger,
            price,
            run=RUN,
            budget=budget,
            pace=pace_of(task).of(asked.model),
            account=f"{RUN} suggestion",
        )

    return ask


def _written(
    task: Task, one: Candidate, said: Suggestion, shown: Sequence[Lesson], model: str
) -> str:
    """Return the text of the new file; raise where it is the very question of a prompt that is tried."""
    examples = [Example(shown[n - 1].text, shown[n - 1].gold) for n in said.examples]
    source = (
        f"Suggested by {model} on {datetime.now(UTC):%Y-%m-%d}, from {one.name} (version {one.version}) and "
        f"{counted(len(shown), 'item')} that people answered."
    )
    text = suggested_text(one.text, one.model, task.kind, said, examples, source)
    try:
        (version,) = _versions(task, text, one)
    except PromptError as error:
        raise SuggestionError(str(error)) from None
    known = {c.version: c.name for c in candidates_of(task, PilotStore(task.pilots))}
    for path in _file(task, one).parent.glob(f"{one.file}-suggested*.md"):  # not all need be tried
        with suppress(PromptError, UnicodeDecodeError):
            found = _versions(task, path.read_text(encoding="utf-8"), one)
            known |= dict.fromkeys(found, path.stem)
    if version in known:
        raise SuggestionError(f"it is the same prompt as {known[version]}")
    return text


def _versions(task: Task, text: str, one: Candidate) -> list[str]:
    prompts = parse_prompts(text, one.file, "the suggestion", one.model)
    return [replace(prompt, kind=task.kind).version(classes_of(task)) for prompt in prompts]


def _unusable(task: Task, model: str, error: Exception, cost_usd: float) -> str:
    paid = f"it cost ${cost_usd:.4f}" if cost_usd else "nothing was paid now"
    if isinstance(error, BudgetError):
        _, pilot = pilot_of(task)
        more = (
            f"; the pilot's own is models.pilot.budget_usd, ${pilot.budget_usd:g} for all pilots of the task"
            if str(error).startswith("the run budget")
            else ""
        )
        return f"{model} was not asked: {error}{more}. Nothing was written; {paid}"
    if not isinstance(error, SuggestionError):
        return f"{error}. Nothing was written; {paid}"
    return (
        f"what {model} suggests cannot be used: {error}. Nothing was written; {paid}. The same question is not paid for "
        "again: ask another model, or come back after more reviews or notes"
    )


def _file(task: Task, one: Candidate) -> Path:
    """Return where a candidate's file stands, or would."""
    files = prompt_files(task)
    return next(
        (path for path in files if path.stem == one.file), files[0].with_name(f"{one.file}.md")
    )
