"""What is refused of a file before anything of it is taken in."""

from collections import Counter
from collections.abc import Container
from pathlib import Path

from console.formats.intake.matching import Items
from console.formats.own.bundle import Bundle
from labeling.counted import counted
from resources.reviews.rows import ReviewError
from resources.task.task import Task

UNLIKELY = 1e-6
"""A sample that its stated probability gives more rarely than this was not drawn so."""


def check_classes(
    task: Task, file: Path, bundle: Bundle, known: Container[tuple[str, str]] = ()
) -> None:
    """Refuse answers that name no class of the task: nothing of the file is then taken in.

    A name that a class had before is read as what became of it. Answers that are there already
    (``known``: reviewer and idempotency key) may name a class that is gone by now.

    Raises
    ------
    ReviewError
        Names the row, the strange label, how many there are and what is allowed.
    """
    said = [((r.reviewer, r.idempotency_key), r, r.label) for r in bundle.reviews]
    said = [one for one in said if one[0] not in known]
    said += [((a.item_id, a.batch), a, a.gold) for a in bundle.assignments]
    strange = [one for one in said if one[2] is not None and task.answer_today(one[2]) is None]
    for key, one, label in strange[:1]:
        place = bundle.places.get(key) or bundle.places.get((one.item_id, one.batch), str(file))
        raise ReviewError(
            f"{place}: {label!r} is no class of task {task.name!r} ({counted(len(strange), 'such label')}); "
            f"allowed: {', '.join(task.classes)}",
            "unknown_class",
        )


def drawn_items(
    file: Path, bundle: Bundle, items: Items, probability: float
) -> list[tuple[str, str]]:
    """Return the labelled items of a file that is a random sample of each of its batches.

    Raises
    ------
    ReviewError
        If the probability is none, the task has not run, or a batch has far more or fewer items
        in the file than a draw with this probability gives.
    """
    from scipy.stats import binom

    if not 0 < probability <= 1:
        raise ReviewError(
            f"--random is {probability:g}, but a probability lies above 0 and up to 1"
        )
    if not items.complete:
        raise ReviewError(
            "--random needs the items that were drawn from: run the task first, then import"
        )
    drawn = sorted({(r.item_id, r.batch) for r in bundle.reviews if r.label is not None})
    for batch, n in sorted(Counter(batch for _, batch in drawn).items()):
        size = items.sizes[batch]
        law = binom(size, probability)
        if min(law.cdf(n), law.sf(n - 1)) < UNLIKELY:
            raise ReviewError(
                f"{file}: {n:,} of {size:,} items of batch {batch!r} have a label "
                f"({n / size if size else 0:.2g}), which a draw with probability {probability:g} "
                f"hardly gives. Were they chosen otherwise? Then leave --random out"
            )
    return drawn
