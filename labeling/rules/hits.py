"""What applying rules gives: hits while it runs, votes and failures when it is done."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.rules.arrow import Table, pa, pc
from labeling.rules.rule import Rule

LONGEST = 500
"""Characters of a failure that are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Rows on which one rule fired.

    Parameters
    ----------
    rows : int array of shape (n_hits,)
        Rows of the batch, ascending, each once.
    labels : list of str, optional
        The class of each hit where the rule itself has none.
    """

    rows: NDArray[np.int64]
    labels: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    r"""A rule that could not answer on a row of the batch, and abstains there.

    Whatever a user's function said is kept as text that can be stored, and cut if it is long.

    Examples
    --------
    >>> Failure(3, "no \ud83d").message
    'no ?'
    """

    row: int
    message: str

    def __post_init__(self) -> None:
        said = self.message[:LONGEST].encode("utf-8", "replace").decode()
        object.__setattr__(self, "message", said)

    @classmethod
    def of(cls, row: int, error: BaseException) -> "Failure":
        """Tell what a function raised."""
        try:
            said = str(error)
        except Exception:  # noqa: BLE001 - a user's exception may raise anything, too
            said = "(its message cannot be read)"
        return cls(row, f"{type(error).__name__}: {said}")


@dataclass(frozen=True, slots=True, eq=False)
class RuleVotes:
    """The answer of a rule set for a batch.

    Parameters
    ----------
    votes : pa.Table
        ``item_id``, ``voter`` (``rule/<name>``), ``version``, ``label`` (name of the class), all
        text; a row a vote, none for an abstention; in the order of the rules, then of the batch.
    failures : pa.Table
        ``rule``, ``item_id``, ``message``: where a rule raised or ran out of time and abstained.
    n_items : int
        Rows of the batch.
    rules : tuple of Rule
        The rules that were applied, also those that never fired.
    """

    votes: Table
    failures: Table
    n_items: int
    rules: tuple[Rule, ...]


def to_votes(
    batch: Table,
    rules: tuple[Rule, ...],
    hits: list[Hits],
    failures: list[list[Failure]],
) -> RuleVotes:
    """Put the hits of all rules into one long table.

    Parameters
    ----------
    batch : pa.Table
        With a column ``item_id``.
    rules : tuple of Rule
        The rules applied.
    hits, failures : list
        What each of the rules found, in the same order.
    """
    counts = np.array([len(one.rows) for one in hits], dtype=np.int64)
    which = np.repeat(np.arange(len(rules), dtype=np.int32), counts)
    rows = np.concatenate([one.rows for one in hits]) if hits else np.zeros(0, dtype=np.int64)
    ids = batch["item_id"].cast(pa.string()).combine_chunks()
    chosen = pa.array(which)
    label_names = pa.array([one.label for one in rules], pa.string()).take(chosen)
    own = [label for one in hits for label in one.labels or []]
    if own:
        named = np.repeat([one.labels is not None for one in hits], counts)
        label_names = pc.replace_with_mask(label_names, pa.array(named), pa.array(own, pa.string()))
    votes = pa.table(
        {
            "item_id": ids.take(pa.array(rows)),
            "voter": pa.array([one.voter for one in rules], pa.string()).take(chosen),
            "version": pa.array([one.version for one in rules], pa.string()).take(chosen),
            "label": label_names,
        }
    )
    failed = [
        (r.name, f.row, f.message) for r, many in zip(rules, failures, strict=True) for f in many
    ]
    failure_table = pa.table(
        {
            "rule": pa.array([name for name, _, _ in failed], pa.string()),
            "item_id": ids.take(pa.array([row for _, row, _ in failed], pa.int64())),
            "message": pa.array([message for _, _, message in failed], pa.string()),
        }
    )
    return RuleVotes(votes, failure_table, batch.num_rows, rules)
