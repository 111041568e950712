"""A model's rules run on every item of a task, and held beside reviews and the rules that there are."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from assets.votes.rule_sets import apply_rules, seen_by_rules
from labeling.counted import counted
from labeling.rules.candidates.admission import Verdict, admit, like
from labeling.rules.candidates.reading import Candidate
from labeling.rules.rule import Rule
from orchestration.suggesting.judged import Judged
from resources.store.warehouse import warehouse_of
from resources.task.task import Task

Grid = NDArray[np.bool_]
"""Who votes on which item, shape (n_voters, n_items)."""


def measure(
    task: Task,
    candidates: Sequence[Candidate],
    there: Sequence[Rule],
    judged: Judged,
    at_least: float,
    risk: float,
) -> list[Verdict]:
    """Run candidates on all items, batch by batch, and decide on each.

    Parameters
    ----------
    candidates : sequence of Candidate
    there : sequence of Rule
        Rules that there are; a candidate of the same class that votes on nearly the same items is a
        twin of one.
    judged : Judged
        What measures.
    at_least : float
        What the lower bound of a precision has to reach, 0..1.
    risk : float
        Chance that any bound is above its precision, in (0, 1).
    """
    warehouse = warehouse_of(task)
    n = len(candidates)
    run = [*(one.rule for one in candidates), *(rule for rule in there if rule.suggested)]
    there = [*run[n:], *(rule for rule in there if not rule.suggested)]
    voters = [one.rule.voter for one in candidates] + [rule.voter for rule in there]
    names = [rule.name for rule in run]
    both = np.zeros((len(voters), len(voters)), np.int64)
    late = np.zeros(n, np.int64)
    on_judged = np.zeros((n, len(judged.places)), dtype=np.bool_)
    for batch in warehouse.column("orchestration.rules_by_model.batches"):
        items = seen_by_rules(task, warehouse.read("votes.rules.items", batch=batch))
        votes, failures = apply_rules(task, run, items, names)
        said = warehouse.read("orchestration.rules_by_model.votes_of_rules", batch=batch)
        ids = said["item_id"].combine_chunks().unique()
        ids = pa.concat_arrays([ids, votes["item_id"].combine_chunks()]).unique()
        # a rule that a model wrote did not vote on early batches: what it would say is looked for anew
        counts = np.concatenate(
            [_grid(ids, votes, voters[: len(run)]), _grid(ids, said, voters[len(run) :])]
        )
        mine, counts = counts[:n], counts.astype(np.int64)
        both += counts @ counts.T
        for failure in failures["rule"].to_pylist():
            if failure in names[:n]:
                late[names.index(failure)] += 1
        place = {str(one): at for at, one in enumerate(ids.to_pylist())}
        for at, (item_id, of) in enumerate(judged.places):
            if of == batch and item_id in place:
                on_judged[:, at] = mine[:, place[item_id]]
    labels = [task.classes.index(str(one.rule.label)) for one in candidates]
    verdicts = admit(
        np.diag(both)[:n],
        on_judged,
        labels,
        judged.reviewed,
        len(task.classes),
        at_least,
        _twins(candidates, there, both),
        risk,
    )
    return [
        replace(one, why=f"takes too long to look for on {counted(slow, 'item')}") if slow else one
        for one, slow in zip(verdicts, late.tolist(), strict=True)
    ]


def _grid(ids: pa.Array, votes: pa.Table, voters: Sequence[str]) -> Grid:
    who = pc.index_in(votes["voter"].combine_chunks(), value_set=pa.array(voters, pa.string()))
    what = pc.index_in(votes["item_id"].combine_chunks(), value_set=ids)
    rows = np.flatnonzero(who.is_valid().to_numpy(zero_copy_only=False))
    grid = np.zeros((len(voters), len(ids)), dtype=np.bool_)
    grid[who.drop_null().to_numpy(), what.to_numpy()[rows]] = True
    return grid


def _twins(
    candidates: Sequence[Candidate], there: Sequence[Rule], both: NDArray[np.int64]
) -> list[str]:
    """Name the rule of the same class, there or written before it, that each candidate repeats."""
    rules = [*(one.rule for one in candidates), *there]
    alike = like(np.diag(both), np.diag(both), both)
    found: list[str] = []
    for at, one in enumerate(candidates):
        same = [
            other.name
            for place, other in enumerate(rules)
            if (place < at or place >= len(candidates))
            and alike[at, place]
            and other.label == one.rule.label
        ]
        found.append(same[-1] if same and both[at, at] else "")
    return found
