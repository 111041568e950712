"""What is left to do: batches to label, batches with new reviews."""

import pyarrow.compute as pc

from assets.published.tracking import runs_that_stand
from assets.reading.stamp import files_hash, publication_stamp, stamp_of
from labeling.student.whole import is_whole
from resources.reviews.drawn import all_drawn
from resources.reviews.store import ReviewStore
from resources.store import tables
from resources.store.published import marts
from resources.store.warehouse import Warehouse
from resources.task.task import Task

CUT_SHORT = """
select batch, string_agg(coalesce(waits_for, ''), ' '),
    coalesce(list(voter) filter (where partial), [])
from votes.model_use where partial or waiting > 0 group by batch
"""
"""Batches that are not through: what they wait for, and whose questions were not all asked."""

SPOKEN = "select distinct batch from votes.student"
"""Batches with a student, whose file has to stand."""

NOT_IN_SAMPLE = """
select distinct d.batch
from drawn d join labels.released r using (item_id, batch)
where r.label is not null
    and not exists (from people.audit_sample a where a.item_id = d.item_id and a.batch = d.batch)
    and not exists (from people.audit_design g where g.batch = d.batch and g.design <> 'uniform')
"""
"""Batches whose sample lacks items that were declared to be drawn at random."""

EARLIER = "select batch from quality.accuracy group by batch having not bool_or(class = '(all)')"
"""Batches that an earlier version measured, which called all classes together otherwise."""

ASIDE = "select batch, review_id from people.reviews where aside"
"""Answers that were set aside when they were read; which those are changes with the items."""

STANDING = "select table_schema, table_name from information_schema.tables"
"""Marts stand in the warehouse too, where commands read them."""

_MEASURED = (
    tables.ACCURACY,
    tables.REVIEWS, tables.RELEASED, tables.DRIFT_SERIES, tables.AUDIT_SAMPLE,
    tables.AUDIT_DESIGN, tables.GOLD,
    tables.RULE_VOTES, tables.MODEL_VOTES, tables.STUDENT_VOTES,
)  # fmt: skip


def batches_to_label(task: Task, warehouse: Warehouse) -> dict[str, str]:
    """Return the batches that are new, or made from other items, rules or settings than now.

    Returns
    -------
    dict
        Batch to the stamp its labels will carry, in the order of time; behind it the providers'
        batches whose answers are there by now. What only waits for such answers, or for models that
        are to be left alone for now, is not among it.
    """
    warehouse.ensure(
        tables.ARRIVALS, tables.RELEASED, tables.MODEL_USE, tables.DRIFT, tables.STUDENT_VOTES
    )
    with warehouse.connect() as db:
        keys = db.column("reading.stamp.batches")
        made = dict(
            db.execute(
                "select batch, any_value(stamp) from labels.released"
                " where batch in (select batch from quality.drift) group by batch"
            ).fetchall()
        )
        cut_short = {
            batch: (set(waits_for.split()), set(voters))
            for batch, waits_for, voters in db.execute(CUT_SHORT).fetchall()
        }
        stamps = {key: stamp_of(task, db, key) for key in keys}
        spoken = [] if task.spec.student.reads_vectors else db.execute(SPOKEN).fetchall()
    spoiled = {key for (key,) in spoken if not is_whole(task.students / f"{key}.joblib")}
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
    if models is None or models.simulated is not None or not task.ledger.is_file():
        return frozenset()  # a simulation knows nothing of what a provider was handed before it
    from labeling.llm.collecting import open_batches
    from labeling.llm.ledger import Ledger

    with Ledger(task.ledger) as ledger:
        return open_batches(ledger)


def models_at_rest(task: Task) -> dict[str, str]:
    """Return the models that asked to be left alone for now, and until when, in words."""
    models = task.spec.models
    if models is None or models.simulated is not None or not task.ledger.is_file():
        return {}
    from labeling.llm.breaker import moment
    from labeling.llm.ledger import Ledger
    from labeling.llm.rests import resting

    with Ledger(task.ledger) as ledger:
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
    """Return the labelled batches whose reviews were not read yet, and all batches after those.

    Later batches are measured again too, because their evidence of drift rests on earlier ones;
    so are those before which a detector was reset or a promise changed.
    """
    if not task.reviews.is_file():
        return []
    from assets.reading.evidence import stale_evidence  # scipy: half a second

    warehouse.ensure(*_MEASURED)
    with warehouse.connect() as db:
        stale = stale_evidence(task, db)
        # by batch: reading one batch must not make the new reviews of another look read
        read = dict(
            db.execute("select batch, max(review_id) from people.reviews group by batch").fetchall()
        )
        labelled = [
            row[0]
            for row in db.execute(
                "select distinct batch from labels.released order by 1"
            ).fetchall()
        ]
        aside = set(db.execute(ASIDE).fetchall())
    store = ReviewStore(task.reviews)
    given = store.reviews().select(["batch", "review_id", "aside"])
    newest = given.group_by("batch").aggregate([("review_id", "max")]).to_pydict()
    touched = {
        batch
        for batch, review in zip(newest["batch"], newest["review_id_max"], strict=True)
        if review > read.get(batch, 0)
    }
    set_aside = given.filter(pc.field("aside"))
    now = set(zip(set_aside["batch"].to_pylist(), set_aside["review_id"].to_pylist(), strict=True))
    touched |= {batch for batch, _ in now ^ aside}
    with warehouse.connect() as db:
        db.register("drawn", all_drawn(store))
        touched |= {row[0] for row in db.execute(NOT_IN_SAMPLE).fetchall()}
        touched |= {row[0] for row in db.execute(EARLIER).fetchall()}
    first = min((batch for batch in touched.union(stale) if batch in labelled), default=None)
    return [] if first is None else [batch for batch in labelled if batch >= first]


def is_published(task: Task, warehouse: Warehouse) -> bool:
    """Whether published files, report and MLflow runs stand, whole, for what is labelled and measured."""
    if not (task.report.is_file() and task.publication.is_file()):
        return False
    warehouse.ensure(tables.RELEASED, tables.DRIFT, tables.DRIFT_SERIES, tables.TRACKED)
    with warehouse.connect() as db:
        if {(m.schema, m.name) for m in marts()}.difference(db.execute(STANDING).fetchall()):
            return False
        stamp = publication_stamp(task, db)
        tracked = {
            run for (run,) in db.execute("select mlflow_run from quality.tracked").fetchall()
        }
    written = task.publication.read_text(encoding="utf-8")
    return written == f"{stamp} {files_hash(task)}" and tracked <= runs_that_stand(task)
