"""Asking the prompts of a task about a batch: first those that say of themselves where, then a dear one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from assets.votes.ask_parts import AskPart, ask_in_parts, asked_by_workers
from assets.votes.cascade import ROWS, ask_dear, steps_of
from assets.votes.cheap_side import cheap_side
from assets.votes.examples import example_pool
from assets.votes.simulated_truth import simulated_truth
from labeling.llm.model_votes import ModelVotes
from labeling.llm.prompts.prompt import Prompt
from resources.dagster.tags import COMMAND_TAG
from resources.engines.engine import engine_of
from resources.engines.parts import parts_folder
from resources.store.warehouse import Warehouse
from resources.task.task import Task


@dataclass(frozen=True, slots=True)
class Asked:
    """What prompts said of a batch.

    Booked on the batch by now, and quoted by voter (paid before, and to come at worst); labels of a cascade
    with a guarantee, and its row of guarantees.
    """

    votes: ModelVotes
    booked: dict[str, Any]
    to_come: dict[str, tuple[float, float]]
    rows: pa.Table
    guarantees: list[dict[str, Any]]


def ask_prompts(
    task: Task,
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    batch: str,
    items: pa.Table,
    undecided: list[Any],
) -> Asked:
    """Ask the task's prompts about the items they are meant for."""
    from labeling.llm.labelling import Progress, label_batch
    from labeling.llm.ledger.opening import open_ledger
    from labeling.llm.ledger.summary import Booked, booked_on
    from labeling.llm.quote import quote_batch
    from resources.models.task_models import (
        budget_of,
        classes_of,
        former_of,
        pace_of,
        prompts_of,
        redactor_of,
        transport_of,
    )

    spec = task.spec.models
    assert spec is not None  # noqa: S101  # the caller has looked
    prompts, redact = prompts_of(task), redactor_of(task)
    (first, dear), side = steps_of(task, prompts), None
    if dear is not None:
        side = cheap_side(task, warehouse, batch, items.num_rows, (first, dear))
        undecided = [*undecided, *side.gold.undecided]
    if spec.ask == "undecided":
        chosen = pa.array(undecided[: spec.per_batch], pa.string())
        asked = items.filter(pc.field("item_id").isin(chosen))
    else:
        asked = items.slice(0, spec.per_batch)
    asked = _shown(asked)

    def tell(now: Progress) -> None:
        told = (now.voter, now.done, now.total, now.calls, now.cost_usd)
        context.log.info("%s: %s of %s texts, %s calls, $%.4f", *told)

    asking: dict[str, Any] = {
        "examples": example_pool(warehouse, batch, prompts, redact),
        "redact": redact,
        "undecided": undecided,
        "image_folder": task.image_folder,
        "former": former_of(task),
    }
    run = context.run.tags.get(COMMAND_TAG, context.run.run_id)
    truth = simulated_truth(task, asked, redact)
    if side is not None:
        own = side.gold.items.set_column(0, "item_id", side.gold.items["own_id"])
        truth |= simulated_truth(task, own, redact)
    with (
        transport_of(task, truth, now=batch) as transport,
        open_ledger(task.ledger) as ledger,
    ):

        def quoted_now() -> dict[str, tuple[float, float]]:
            paid = booked_on(ledger, batch)
            of_batch = quote_batch(
                asked, prompts, classes_of(task), transport, ledger, by_batch=spec.batch, **asking
            )
            of_gold = (
                quote_batch(
                    _shown(side.gold.items),
                    [*side.voices, dear],
                    classes_of(task),
                    transport,
                    ledger,
                    **asking,
                )
                if side is not None and dear is not None and side.can_prove(items.num_rows)
                else []
            )
            worst: dict[str, float] = {}
            for one in (*of_batch, *of_gold):
                if one.worst_usd is not None:
                    worst[one.voter] = worst.get(one.voter, 0.0) + one.worst_usd
            return {v: (paid.get(v, Booked()).cost_usd, usd) for v, usd in worst.items()}

        def ask(some: pa.Table, whom: Sequence[Prompt], at_once: bool) -> ModelVotes:
            some = _shown(some)
            if asked_by_workers(task, some.num_rows) and (at_once or not spec.batch):
                with (
                    parts_folder(task, batch) as folder,
                    engine_of(task, tell=context.log.warning) as engine,
                ):
                    work = AskPart(task, tuple(whom), batch, run, folder, asking["examples"])
                    return ask_in_parts(engine, work, some, undecided, context.log.info)
            return label_batch(
                some,
                whom,
                classes_of(task),
                transport,
                ledger,
                run=run,
                account=batch,
                budget=budget_of(task),
                pace=pace_of(task),
                later=transport if spec.batch and not at_once else None,
                progress=tell,
                **asking,
            )

        to_come = {} if transport.free else quoted_now()
        said, last = ask(asked, first, False), None
        if dear is not None and side is not None:
            last = ask_dear(warehouse, asked, side, dear, said, task.classes, ask)
        booked = booked_on(ledger, batch)
    votes = said if last is None else said.and_also(last.answer)
    found = {voter: booked.get(voter, Booked()) for voter in votes.by_voter}
    rows, guarantees = ROWS.empty_table(), []
    if last is not None and dear is not None:
        (voter,) = last.answer.by_voter
        calls, each = found[voter].calls, found[voter].cost_usd / max(found[voter].calls, 1)
        everywhere = last.guarantee["asked"] + last.guarantee["spared"]
        # calls on gold are what the cascade costs; samples are calls that each item takes
        saved = {"saved_usd": each * (everywhere * dear.settings.output.samples - calls)}
        rows, guarantees = last.rows, [{"batch": batch, "voter": voter, **last.guarantee, **saved}]
    return Asked(votes, found, to_come, rows, guarantees)


def _shown(items: pa.Table) -> pa.Table:
    """Return what models see of items."""
    shown = items.select(["item_id", "text", "image"]) if "image" in items.column_names else items
    if "image" in shown.column_names and shown["image"].null_count == shown.num_rows:
        shown = shown.drop_columns(["image"])
    return shown
