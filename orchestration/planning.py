"""What is left to do: batches to label, batches with new reviews, and which of them one run takes."""

from collections.abc import Sequence

from assets.reading.stamp import files_hash, publication_stamp, stamps_of
from labeling.student.whole import is_whole
from resources.reviews.drawn import all_drawn
from resources.reviews.store import ReviewStore
from resources.store.published import marts
from resources.store.warehouse import Warehouse
from resources.task.task import Task
from resources.tracking.mlflow_file import runs_that_stand

MOST_BATCHES = 50
"""Batches of one run: its log names each batch for each check."""


def batches_to_label(task: Task, warehouse: Warehouse) -> dict[str, str]:
    """Return the batches that are new, or made from other items, rules or settings than now.

    Returns
    -------
    dict
        Batch to the stamp its labels will carry, in the order of time; behind it the providers'
        batches whose answers are there by now. What only waits for such answers, or for models that
        are to be left alone for now, is not among it.
    """
    with warehouse.connect() as db:
        keys = db.column("reading.stamp.batches")
        made = dict(db.tuples("orchestration.planning.measured"))
        cut_short = {
            batch: (set(waits_for.split()), set(voters))
            for batch, waits_for, voters in db.tuples("orchestration.planning.cut_short")
        }
        stamps = stamps_of(task, db, keys)
        students = (
            [] if task.spec.student.reads_vectors else db.column("orchestration.planning.students")
        )
    spoiled = {key for key in students if not is_whole(task.students / f"{key}.joblib")}
    still_out = answers_to_come(task) if cut_short else frozenset()
    at_rest = voters_at_rest(task) if cut_short else frozenset()
    todo: dict[str, str] = {}
    for key, stamp in stamps.items():
        waits_for, unasked = cut_short.get(key, (set(), set()))
        there = waits_for - still_out
        if made.get(key) != stamp:
            todo[key] = stamp
        elif key in spoiled:
            todo[key] = f"{stamp} student"
        elif there or (key in cut_short and not waits_for and not (unasked and unasked <= at_rest)):
            todo[key] = " ".join([stamp, *sorted(there)])
    return todo


def answers_to_come(task: Task) -> frozenset[str]:
    """Return the names of providers' batches that answers for ``task`` are to come from."""
    models = task.spec.models
    if models is None or task.spec.demo.simulated is not None or not task.ledger.exists():
        return frozenset()  # a simulation knows nothing of what a provider was handed before it
    from labeling.llm.collecting import open_batches
    from labeling.llm.ledger.opening import open_ledger

    with open_ledger(task.ledger) as ledger:
        return open_batches(ledger)


def models_at_rest(task: Task) -> dict[str, str]:
    """Return the models that asked to be left alone for now, and until when, in words."""
    models = task.spec.models
    if models is None or task.spec.demo.simulated is not None or not task.ledger.exists():
        return {}
    from labeling.llm.ledger.opening import open_ledger
    from labeling.llm.ledger.rests import resting
    from labeling.llm.providers.breaker import moment

    with open_ledger(task.ledger) as ledger:
        return {model: moment(rest.until) for model, rest in resting(ledger).items()}


def voters_at_rest(task: Task) -> frozenset[str]:
    """Return the voters of whose models none is to be asked for now."""
    at_rest = models_at_rest(task)
    if not at_rest:
        return frozenset()
    from resources.models.task_models import prompts_of

    return frozenset(
        f"llm/{prompt.name}"
        for prompt in prompts_of(task)
        if at_rest.keys() >= {prompt.model, *prompt.settings.fallbacks}
    )


def batches_with_new_reviews(task: Task, warehouse: Warehouse) -> list[str]:
    """Return the labelled batches whose reviews are not as they were read, and all batches after.

    Later batches are measured again too, because their evidence of drift rests on earlier ones;
    so are those before which a detector was reset or a promise changed.
    """
    if not task.reviews.exists():
        return []
    from assets.reading.evidence import stale_evidence  # scipy: half a second

    with warehouse.connect() as db:
        stale = stale_evidence(task, db)
        labelled = db.column("orchestration.planning.labelled")
    store = ReviewStore(task.reviews, kind=task.kind)
    lent = {"drawn": all_drawn(store), "answers_given": store.reviews()}
    with warehouse.connect() as db, db.lend(**lent):
        touched = {
            *db.column("orchestration.planning.read_otherwise"),
            *db.column("orchestration.planning.not_in_sample"),
            *db.column("orchestration.planning.measured_otherwise"),
        }
    first = min((batch for batch in touched.union(stale) if batch in labelled), default=None)
    return [] if first is None else [batch for batch in labelled if batch >= first]


def is_published(task: Task, warehouse: Warehouse) -> bool:
    """Whether published files, report and MLflow runs stand, whole, for what is labelled and measured."""
    if not (task.report.is_file() and task.publication.is_file()):
        return False
    with warehouse.connect() as db:
        stand = db.tuples("store.tables.standing")
        if {(mart.schema, mart.name) for mart in marts()}.difference(stand):
            return False
        stamp = publication_stamp(task, db)
        tracked = set(db.column("published.tracking.run_ids"))
    written = task.publication.read_text(encoding="utf-8")
    return written == f"{stamp} {files_hash(task)}" and tracked <= runs_that_stand(task)


def in_runs(todo: Sequence[str], known: Sequence[str]) -> list[list[str]]:
    """Part batches into those that one run takes: neighbours in Dagster's list, not too many.

    Examples
    --------
    >>> in_runs(["a", "b", "d"], ["a", "b", "c", "d"])
    [['a', 'b'], ['d']]
    """
    place = {batch: n for n, batch in enumerate(known)}
    runs: list[list[str]] = []
    for batch in todo:
        before = runs[-1] if runs else []
        follows = bool(before) and place[batch] == place[before[-1]] + 1
        if follows and len(before) < MOST_BATCHES:
            before.append(batch)
        else:
            runs.append([batch])
    return runs
