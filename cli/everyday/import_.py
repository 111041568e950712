"""``touchstone import``: items to review and people's answers, out of a file."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from resources.reviews.rows import Review, ReviewError
from resources.store.standing import stands
from resources.task.locate import find_task
from resources.task.task import Task

if TYPE_CHECKING:
    from console.formats.bundle import Bundle
    from console.formats.entries import Entry, Names
    from console.formats.files import Foreign
    from console.formats.matching import Items, Unknown
    from console.formats.taking import Taken

LEFT_OUT = 10
"""Rows left out that are spelled out."""

UNLIKELY = 1e-6
"""A sample that its stated probability gives more rarely than this was not drawn so."""


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="What `touchstone export --reviews` wrote; an export of Label Studio (JSON, "
            "JSON-MIN, CSV), doccano, Prodigy or Argilla; a table (.csv, .jsonl, .parquet) with "
            "label and item_id or text; an array of labels (.npy) with --items."
        ),
    ],
    task: Annotated[
        Path | None,
        typer.Argument(help="Folder or name of the task; the only one, if there is one."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what was read as what, and take nothing in.")
    ] = False,
    unknown: Annotated[
        str,
        typer.Option(
            help="Rows about no item of the task: refuse the file, skip them, or keep those with "
            "a text as items of their own."
        ),
    ] = "refuse",
    random: Annotated[
        float | None,
        typer.Option(
            metavar="PROBABILITY",
            help="The items were drawn at random from their batches, each with this probability: "
            "then they measure. Without it they only teach.",
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(help="Column, control or question with the label, if it cannot be told."),
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option(help="Who answered, where the file does not say.")
    ] = None,
    items: Annotated[
        Path | None, typer.Option(help="For an array: the file whose rows its labels are of.")
    ] = None,
) -> None:
    """Take items to review and answers into TASK; taking them in twice changes nothing."""
    from console.formats.files import Foreign, read_any

    chosen = find_task(task)
    policy = _policy(unknown)
    found = read_any(file, chosen.classes, items=items, id_column=chosen.spec.source.id)
    if isinstance(found, Foreign):
        taken, known, told = _foreign(chosen, found, policy, label)
    else:
        taken, known, told = _ours(chosen, file, found, policy)
    bundle = taken.bundle
    check_classes(chosen, file, bundle)
    if reviewer is not None:
        bundle.reviews[:] = [_by(review, reviewer) for review in bundle.reviews]
    bundle.assignments[:] = [
        replace(a, gold=None if a.gold is None else chosen.class_today(a.gold))
        for a in bundle.assignments
    ]
    drawn = [] if random is None else drawn_items(file, bundle, known, random)
    tell = Console().print
    say: Callable[[str], None] = lambda text: tell(  # noqa: E731
        text, markup=False, soft_wrap=True, highlight=False
    )
    if dry_run:
        for line in [*told, *_counts(bundle)]:
            say(line)
    if taken.shared:
        say(
            f"{taken.shared:,} answers are about a text that several items have; they went to the "
            f"first of them. An id of the task in the file tells them apart."
        )
    _tell_left_out(taken, say)
    if not known.complete and bundle.assignments:
        say(
            f"Task {chosen.name} has not run yet: ids and texts could not be compared with its items."
        )
    if dry_run:
        say("Nothing was taken in: --dry-run.")
        return
    planned, answers = _write(chosen, bundle, drawn, random)
    say(
        f"{planned:,} new assignments and {answers:,} new reviews taken in; "
        f"{len(bundle.reviews) - answers:,} reviews were there before."
    )
    if drawn:
        say(f"{len(drawn):,} items were declared to be drawn at random: they measure.")
    elif any(review.origin == "queue" and review.label for review in bundle.reviews):
        say(
            "Answers about items outside the audit sample teach and do not measure; if the items "
            "were drawn at random from their batches, say --random with their probability."
        )


def check_classes(task: Task, file: Path, bundle: "Bundle") -> None:
    """Refuse answers that name no class of the task: nothing of the file is then taken in.

    A name that a class had before is read as what became of it.

    Raises
    ------
    ReviewError
        Names the row, the strange label, how many there are and what is allowed.
    """
    said = [((r.reviewer, r.idempotency_key), r, r.label) for r in bundle.reviews]
    said += [((a.item_id, a.batch), a, a.gold) for a in bundle.assignments]
    strange = [one for one in said if one[2] is not None and task.class_today(one[2]) is None]
    for key, one, label in strange[:1]:
        place = bundle.places.get(key) or bundle.places.get((one.item_id, one.batch), str(file))
        raise ReviewError(
            f"{place}: {label!r} is no class of task {task.name!r} ({len(strange)} such labels); "
            f"allowed: {', '.join(task.classes)}",
            "unknown_class",
        )


def drawn_items(
    file: Path, bundle: "Bundle", items: "Items", probability: float
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


def _policy(unknown: str) -> "Unknown":
    if unknown not in ("refuse", "skip", "keep"):
        raise ReviewError(f"--unknown is {unknown!r}; allowed: refuse, skip, keep")
    return unknown


def _foreign(
    task: Task, found: "Foreign", unknown: "Unknown", label: str | None
) -> "tuple[Taken, Items, list[str]]":
    from console.formats.entries import name_fields, text_of
    from console.formats.taking import take_entries

    source = task.spec.source
    names = name_fields(
        found.entries, task.classes, wanted=label,
        ids=[source.id], texts=[source.text], images=[source.image] if source.image else [],
    )  # fmt: skip
    ids = [text_of(one, names.id) for one in found.entries]
    texts = [
        (None, value)
        for one in found.entries
        for value in one.fields.values()
        if isinstance(value, str)
    ]
    known = _items(task, [*((one, None) for one in ids), *texts])
    names = replace(names, text=_matching(found.entries, names, known))
    taken = take_entries(found.entries, names, known, unknown, task.zone)
    return taken, known, _read_as(found, names, taken)


def _ours(
    task: Task, file: Path, bundle: "Bundle", unknown: "Unknown"
) -> "tuple[Taken, Items, list[str]]":
    from console.formats.taking import check_bundle

    known = _items(task, [(one.item_id, None) for one in bundle.assignments])
    told = [f"{file}: read as reviews and assignments of Touchstone"]
    return check_bundle(bundle, known, unknown, str(file)), known, told


def _items(task: Task, wanted: list[tuple[str | None, str | None]]) -> "Items":
    from console.formats.matching import load_items
    from labeling.llm.redaction import redactor
    from resources.reviews.store import ReviewStore
    from resources.store.warehouse import warehouse_of

    source = task.spec.source
    redact = redactor(source.redact, source.redact_patterns)
    warehouse = warehouse_of(task) if stands(task) else None
    if not task.reviews.is_file():
        return load_items(warehouse, None, wanted, redact)
    with closing(ReviewStore(task.reviews)) as store:
        return load_items(warehouse, store, wanted, redact)


def _matching(entries: "list[Entry]", names: "Names", items: "Items") -> str | None:
    """Tell the field whose values are texts of the task's items, if one is; else the usual one."""
    hits = Counter(
        name for one in entries for name, value in one.fields.items() if items.has_text(value)
    )
    return hits.most_common(1)[0][0] if hits and not hits[names.text or ""] else names.text


def _read_as(found: "Foreign", names: "Names", taken: "Taken") -> list[str]:
    fields = list(dict.fromkeys(name for one in found.entries for name in one.fields))
    meaning = {
        names.label: "label", names.id: "id of the item", names.batch: "batch", names.text: "text", names.image: "picture"
    }  # fmt: skip
    lines = [f"Read as {found.kind}, {len(found.entries):,} rows:"]
    lines += [f"  {name}: {meaning.get(name, 'not used')}" for name in fields]
    lines += [f"  {names.label}: label"] if names.label and names.label not in fields else []
    if names.id is None:
        lines.append("  items are found by their text: the file has no id of the task's own")
    if taken.unanswered:
        lines.append(f"  {taken.unanswered:,} rows have no answer, and their items are known")
    return lines


def _counts(bundle: "Bundle") -> list[str]:
    labels = Counter(r.label or "(no label)" for r in bundle.reviews)
    people = Counter(r.reviewer for r in bundle.reviews)
    batches = Counter(r.batch for r in bundle.reviews)
    return [
        f"{what}: " + (", ".join(f"{name} {n:,}" for name, n in sorted(counts.items())) or "none")
        for what, counts in (("Answers", labels), ("By", people), ("In batches", batches))
    ]


def _tell_left_out(taken: "Taken", say: Callable[[str], None]) -> None:
    if taken.faults:
        say(f"{len(taken.faults):,} rows are left out:")
    for fault in taken.faults[:LEFT_OUT]:
        say(f"  {fault}")
    if len(taken.faults) > LEFT_OUT:
        say(f"  and {len(taken.faults) - LEFT_OUT:,} more")


def _by(review: Review, name: str) -> Review:
    from console.formats.bundle import UNNAMED

    return replace(review, reviewer=name) if review.reviewer == UNNAMED else review


def _write(
    task: Task, bundle: "Bundle", drawn: list[tuple[str, str]], probability: float | None
) -> tuple[int, int]:
    from console.formats.bundle import write_store
    from resources.reviews.drawn import declare_drawn
    from resources.reviews.store import ReviewStore

    task.reviews.parent.mkdir(parents=True, exist_ok=True)
    # An overlap is asked for when people answer; opened here, more would go out than came in.
    with closing(ReviewStore(task.reviews)) as store:
        planned, answers = write_store(store, bundle)
        if probability is not None:
            declare_drawn(store, drawn, probability)
        store.log("command line", "imported", f"{planned} assignments, {answers} reviews")
    return planned, answers
