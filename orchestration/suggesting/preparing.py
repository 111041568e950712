"""What a model is asked about a task's rules, before anything is sent."""

from dataclasses import dataclass

from assets.reading.audited import Audit, read_audits
from assets.votes.examples import as_pool
from assets.votes.rules import load_rules
from labeling.counted import counted
from labeling.llm.budget import Budget
from labeling.llm.ledger import Ledger
from labeling.llm.price import Price
from labeling.llm.question import Question, Quoted, quote_question
from labeling.llm.settings import Prices
from labeling.rules.candidates.asking import Shown, choose, messages_of, schema_of
from labeling.rules.reading import written_rules
from labeling.rules.rule import Rule
from resources.models.litellm_batches import LiteLlmBatches
from resources.models.task_models import classes_of, redactor_of
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

MILLION = 1_000_000


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
    rules : list of Rule
        Those that there are.
    count : int
        Rules that are asked for.
    audits : list of Audit
        Batches with reviews that measure.
    after : str
        The newest of them: an admitted rule votes on what comes later.
    """

    question: Question
    price: Price
    budget: Budget
    numbers: dict[str, str]
    rules: list[Rule]
    count: int
    audits: list[Audit]
    after: str

    def quote(self, task: Task) -> Quoted:
        """Return what asking will take; sends nothing."""
        with Ledger(task.ledger) as ledger:
            return quote_question(self.question, LiteLlmBatches(), ledger, self.price)


def prepare(task: Task, model: str, count: int, price: Prices | None, salt: str) -> Prepared:
    """Put the question together, where its answer could be measured at all.

    Raises
    ------
    TaskError
        If the task is of a kind that rules cannot be suggested for, was never run, has no text to
        show, or no reviews of two classes that measure; or if nobody knows what the model costs.
    """
    warehouse = _warehouse(task)
    audits = _measured(task, warehouse)
    shown = _shown(task, warehouse)
    rules = load_rules(task)
    beside = task.folder / FILE
    if beside.is_file() and FILE not in task.spec.rules.files:
        rules += written_rules(beside)
    classes = classes_of(task)
    question = Question(
        NAME,
        model,
        messages_of(classes, rules, shown, count, task.spec.description),
        schema_of([one.name for one in classes]),
        ROOM,
        salt=salt,
    )
    caps = (task.spec.models or Models()).budget
    return Prepared(
        question,
        _price(model, price),
        Budget(caps.run_usd, caps.day_usd, caps.task_usd),
        {f"t{number}": one.item_id for number, one in enumerate(shown, start=1)},
        rules,
        count,
        audits,
        audits[-1].batch.batch,
    )


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


def _measured(task: Task, warehouse: Warehouse) -> list[Audit]:
    """Return the batches that were audited, in the order of time."""
    names = warehouse.column("orchestration.rules_by_model.labelled")
    audits = read_audits(task, warehouse, names) if names else []
    found = [audit for audit in audits if audit.batch.reviewed]
    if not found:
        raise TaskError(
            f"{task.name} has no audited item that people answered, so no rule could be admitted, and "
            f"nothing was asked; `touchstone review {task.name}` asks for them"
        )
    classes = {int(label) for one in found for label in one.batch.gold[one.batch.judged]}
    if len(classes) == 1:
        reviewed = sum(one.batch.reviewed for one in found)
        raise TaskError(
            f"all {counted(reviewed, 'audited item')} of {task.name} are {task.classes[classes.pop()]}: "
            "a rule that votes on anything would look right, so none could be admitted, and nothing "
            "was asked; review until another class was seen"
        )
    return found


def _shown(task: Task, warehouse: Warehouse) -> list[Shown]:
    """Choose gold of the queue and open texts; never what measures."""
    redact = redactor_of(task) if task.spec.models is not None else None
    with warehouse.connect() as db:
        gold = db.read("orchestration.rules_by_model.queue_gold")
        rows = db.rows("orchestration.rules_by_model.open_texts", most=MOST_SHOWN)
    pool = as_pool(warehouse, gold, redact, task.kind)
    labelled = map(Shown, pool.item_id, pool.text, pool.label)
    opened = (Shown(row["item_id"], redact(row["text"]) if redact else row["text"]) for row in rows)
    shown = choose([one for one in labelled if one.label in task.classes], list(opened), MOST_SHOWN)
    if not shown:
        raise TaskError(
            f"{task.name} has no text to show: rules leave none open, and nobody answered an item of "
            "the queue"
        )
    return shown


def _price(model: str, told: Prices | None) -> Price:
    if told is not None:
        return Price(told.input / MILLION, told.output / MILLION)
    known = LiteLlmBatches().price(model)
    if known is None:
        raise TaskError(
            f"nobody knows what {model} costs, so no budget can be held; say --price 0.15,0.60: US "
            "dollars a million tokens that are sent, and that are answered (0,0 for a model of your own)"
        )
    return known
