"""The models of a task: its prompts, its classes, its caps, and who answers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from labeling.class_changes import class_today
from labeling.kinds.classes import ClassSpec
from labeling.llm.collecting import Collected, collect_batches, open_batches
from labeling.llm.former import Former
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import WAIT_S
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.prompts.prompt import Prompt, load_prompts, parse_prompts
from labeling.llm.prompts.settings import Pace, Paces
from labeling.llm.providers.price import Price
from labeling.llm.providers.redaction import redactor
from labeling.llm.voters import as_price, price_of
from resources.environment import secret
from resources.models.litellm_batches import LiteLlmBatches
from resources.models.simulated.server import SimulatedModel
from resources.pilots.rows import Candidate
from resources.pilots.store import PilotStore
from resources.task.errors import TaskError
from resources.task.settings.models import Models
from resources.task.task import Task


def classes_of(task: Task) -> tuple[ClassSpec, ...]:
    """Return the classes as models are told about them, in an order that no edit changes."""
    told = {c.name: ClassSpec(c.name, c.description, c.synonyms) for c in task.spec.classes}
    return tuple(told[name] for name in task.classes)


def former_of(task: Task) -> tuple[Former, ...]:
    """Return the classes before each of their changes, and what they mean today."""
    found: list[Former] = []
    for place, change in enumerate(task.changes):
        told = change.detail.get("models")
        if told is not None:
            later = task.changes[place:]
            classes = tuple(ClassSpec(n, text, tuple(same)) for n, text, same in told["classes"])
            today = {c.name: class_today(later, c.name, review=0) for c in classes}
            found.append(Former(classes, told["versions"], today, task.kind))
    return tuple(found)


def prompts_of(task: Task) -> tuple[Prompt, ...]:
    """Return the prompts that the task's items are put to: all of its files, or those that were promoted.

    With `models.pilot` a prompt is asked as it was promoted, whatever its file says by now; none
    is asked before.

    Raises
    ------
    TaskError
        If a pattern matches no file.
    PromptError
        If a file cannot be used as it is.
    """
    return written_prompts(task) if _spec(task).pilot is None else promoted_prompts(task)


def written_prompts(task: Task) -> tuple[Prompt, ...]:
    """Read the task's prompt files; globs are allowed. Raises as :func:`prompts_of` does."""
    model = _spec(task).model
    return tuple(
        replace(one, kind=task.kind)
        for path in prompt_files(task)
        for one in load_prompts(path, model)
    )


def prompt_files(task: Task) -> tuple[Path, ...]:
    """Find the files of the task's prompts.

    Raises
    ------
    TaskError
        If a pattern matches none.
    """
    found: list[Path] = []
    for pattern in _spec(task).prompts:
        path = task.path(pattern)
        paths = sorted(path.parent.glob(path.name))
        if not paths:
            raise TaskError(
                f"{task.folder / 'task.yaml'}: models.prompts: no file matches {pattern!r}"
            )
        found += [one for one in paths if one not in found]
    return tuple(found)


def promoted_prompts(task: Task) -> tuple[Prompt, ...]:
    """Return the prompts that were promoted last, as they were then."""
    return tuple(as_prompt(task, one) for one in PilotStore(task.pilots).promoted())


def as_prompt(task: Task, kept: Candidate) -> Prompt:
    """Return a candidate of a pilot as a prompt."""
    (found,) = parse_prompts(kept.text, kept.file, f"{kept.file}.md as it was tried", kept.model)
    return replace(found, name=kept.name, kind=task.kind)


def budget_of(task: Task) -> Budget:
    """Return the caps of the task."""
    budget = _spec(task).budget
    return Budget(budget.run_usd, budget.day_usd, budget.task_usd)


def pace_of(task: Task) -> Paces:
    """Return what each model is asked at most."""
    spec = _spec(task)
    return Paces(Pace(concurrency=spec.concurrency), spec.pace)


def voter_versions(task: Task) -> dict[str, str]:
    """Return the version of each voter that the task's prompts make, by the voter's name."""
    kind = "llm" if task.spec.demo.simulated is None else "simulated"
    classes = classes_of(task)
    return {f"{kind}/{prompt.name}": prompt.version(classes) for prompt in prompts_of(task)}


def redactor_of(task: Task) -> Callable[[str], str] | None:
    """Return what takes secrets and personal data out of a text; ``None`` if the task does not ask."""
    spec = _spec(task)
    if not (spec.redact or spec.redact_patterns):
        return None
    return redactor(spec.redact, spec.redact_patterns)


@contextmanager
def transport_of(
    task: Task, truth: Mapping[str, str] | None = None, now: str | None = None
) -> Iterator[LiteLlmBatches]:
    """Open the way to the task's models; a simulated one is started, and stopped at the end.

    Parameters
    ----------
    task : Task
        Says where the models are.
    truth : mapping of str to str, optional
        For a simulated model: :func:`~resources.models.simulated.behaviour.content_digest` of
        each item, as it is sent, to its answer.
    now : str, optional
        For a simulated model: the batch in whose time it is asked.
    """
    spec = _spec(task)
    if task.spec.demo.simulated is None:
        yield LiteLlmBatches(api_base=spec.api_base, api_key=_key(task, spec), prices=_prices(task))
        return
    simulated = task.spec.demo.simulated
    with SimulatedModel(
        truth or {},
        task.classes,
        error_rate=simulated.error_rate,
        confusions=simulated.confusions,
        changes_at=simulated.changes_at,
        error_rate_after=simulated.error_rate_after,
        seed=simulated.seed,
        now=now,
        kind=task.kind,
    ) as model:
        yield LiteLlmBatches(
            api_base=model.api_base, api_key="simulated", simulated=True, free=True
        )


def collect_answers(task: Task, *, wait_s: float = WAIT_S) -> Collected:
    """Bring what providers' batches have answered into the ledger; asks nobody if none is open.

    Raises
    ------
    LabelingError
        If a run holds the ledger for longer than ``wait_s`` seconds.
    """
    if task.spec.demo.simulated is not None or not task.ledger.exists():
        return Collected()
    with open_ledger(task.ledger) as ledger:
        if not open_batches(ledger):
            return Collected()
        with transport_of(task) as transport:
            prices = {
                prompt.model: price_of(prompt, transport, Budget()) for prompt in prompts_of(task)
            }
            return collect_batches(ledger, transport, prices, wait_s=wait_s)


def asking_nobody(task: Task) -> LiteLlmBatches:
    """Return a transport that knows prices and counts tokens, and has neither key nor address."""
    simulated = task.spec.demo.simulated is not None
    return LiteLlmBatches(simulated=simulated, free=simulated, prices=_prices(task))


def _prices(task: Task) -> dict[str, Price]:
    told = {} if task.spec.models is None else task.spec.models.prices
    return {model: as_price(price) for model, price in told.items()}


def _spec(task: Task) -> Models:
    if task.spec.models is None:
        raise TaskError(f"{task.folder / 'task.yaml'}: models: the task asks no model")
    return task.spec.models


def _key(task: Task, spec: Models) -> str | None:
    if spec.api_key_variable is None:
        return None
    key = secret(spec.api_key_variable)
    if key is None:
        raise TaskError(
            f"{task.folder / 'task.yaml'}: models.api_key_variable: "
            f"{spec.api_key_variable} is not set in the environment"
        )
    return key
