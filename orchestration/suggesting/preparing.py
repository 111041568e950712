"""What a model is asked about a task's rules, before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count as numbers_from

from assets.votes.rule_sets import load_rules
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.prompts.settings import Prices
from labeling.llm.providers.price import Price
from labeling.llm.question import Question, Quoted, quote_question
from labeling.llm.voters import as_price
from labeling.rules.candidates.asking import Shown, choose, messages_of, schema_of
from labeling.rules.reading.reading import written_rules
from labeling.rules.rule import Rule
from orchestration.suggesting.judged import By, Judged, judged_and_taught
from resources.models.task_models import asking_nobody, classes_of, redactor_of
from resources.store.place import stands
from resources.store.warehouse import Warehouse, warehouse_of
from resources.task.errors import TaskError
from resources.task.settings.models import Models
from resources.task.task import Task

NAME = "rules"
"""As whose, and as what kind, the ledger books it."""

FILE = "suggested.yaml"
"""Where admitted rules stand, beside rules.yaml."""

MOST_SHOWN = 80
"""Texts that a model is shown."""

ROOM = 6_000
"""Tokens of its answer, at most."""


@dataclass(frozen=True)
class Prepared:
    """A question about a task's rules, and what its answer will be measured by.

    Attributes
    ----------
    question : Question
    price : Price
        Of the model.
    budget : Budget
        What may be spent.
    numbers : dict of str to str
        The number of each text that is shown, and its item.
    count : int
        Rules that are asked for.
    judged : Judged
        The reviews that measure.
    """

    question: Question
    price: Price
    budget: Budget
    numbers: dict[str, str]
    count: int
    judged: Judged

    def quote(self, task: Task) -> Quoted:
        """Return what asking will take; sends nothing."""
        with open_ledger(task.ledger) as ledger:
            return quote_question(self.question, asking_nobody(task), ledger, self.price)


def prepare(
    task: Task, model: str, count: int, price: Prices | None, by: By, *, afresh: bool = False
) -> Prepared:
    """Put the question together, where its answer could be measured at all.

    Parameters
    ----------
    afresh : bool
        Ask the same once more; else the newest answer to it stands.

    Raises
    ------
    TaskError
        If the task is of a kind that rules cannot be suggested for, was never run, has no text to
        show, or no reviews of two classes that measure; or if nobody knows what the model costs.
    """
    warehouse = _warehouse(task)
    judged, taught = judged_and_taught(task, warehouse, by)
    shown = _shown(task, warehouse, taught)
    rules = rules_of(task)
    classes = classes_of(task)
    question = Question(
        NAME,
        model,
        messages_of(classes, rules, shown, count, task.spec.description),
        schema_of([one.name for one in classes]),
        ROOM,
    )
    caps = (task.spec.models or Models()).budget
    return Prepared(
        _salted(task, question, afresh),
        _price(task, model, price),
        Budget(caps.run_usd, caps.day_usd, caps.task_usd),
        {f"t{number}": one.item_id for number, one in enumerate(shown, start=1)},
        count,
        judged,
    )


def rules_of(task: Task) -> list[Rule]:
    """Read the rules that a task has, and those that were admitted and are not listed yet.

    Raises
    ------
    TaskError, RuleError
        As :func:`assets.votes.rules.load_voters`.
    """
    rules, beside = load_rules(task), task.folder / FILE
    if beside.is_file() and FILE not in task.spec.rules.files:
        rules += written_rules(beside)
    return rules


def _salted(task: Task, question: Question, afresh: bool) -> Question:
    """Return the question as it was answered last, or as it never was.

    A process that died with an answer it had paid for leaves it to the next one.
    """
    with open_ledger(task.ledger) as ledger:
        newest, following = question, question
        for time in numbers_from(2):
            if not ledger.answers([following.key]):
                break
            newest, following = following, replace(question, salt=str(time))
    return following if afresh else newest


def _warehouse(task: Task) -> Warehouse:
    if task.kind.composed(task.classes):
        raise TaskError(
            f"a model is asked for rules where an item is of one class, and answers of {task.name} "
            f"(kind: {task.kind.name}) say more than a class; write rules by hand"
        )
    if task.spec.demo.simulated is not None:
        raise TaskError(
            f"the model of {task.name} is simulated: it reads no text and writes no rules; take "
            "`simulated:` out of task.yaml and name a real one"
        )
    if not stands(task):
        raise TaskError(f"task {task.name!r} was never run; `touchstone run {task.name}` does")
    return warehouse_of(task)


def _shown(task: Task, warehouse: Warehouse, taught: Sequence[Shown]) -> list[Shown]:
    """Choose gold and open texts, as they may be sent; never what measures."""
    rows = warehouse.rows("orchestration.rules_by_model.open_texts", most=MOST_SHOWN)
    opened = [Shown(row["item_id"], row["text"]) for row in rows]
    shown = choose(taught, opened, MOST_SHOWN)
    if not shown:
        raise TaskError(
            f"{task.name} has no text to show: rules leave none open, and nobody answered an item of "
            "the queue"
        )
    redact = redactor_of(task) if task.spec.models is not None else None
    return [replace(one, text=redact(one.text)) for one in shown] if redact else shown


def _price(task: Task, model: str, told: Prices | None) -> Price:
    if told is not None:
        return as_price(told)
    known = asking_nobody(task).price(model)
    if known is None:
        raise TaskError(
            f"nobody knows what {model} costs, so no budget can be held; say --price 0.15,0.60: US "
            "dollars a million tokens that are sent, and that are answered (0,0 for a model of your own), "
            f"or `prices: {{{model}: {{input: 0.15, output: 0.60}}}}` under models in {task.folder / 'task.yaml'}"
        )
    return known
