"""``touchstone import``: items to review and people's answers, out of a file."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.everyday.import_summary import counts, read_as, tell_left_out, what_for
from cli.options import OneTask
from labeling.counted import counted
from resources.reviews.rows import Review, ReviewError
from resources.store.place import stands
from resources.task.locate import find_task
from resources.task.task import Task

if TYPE_CHECKING:
    from console.formats.foreign import Foreign
    from console.formats.intake.matching import Items, Unknown
    from console.formats.intake.measuring import Use
    from console.formats.intake.taking import Taken
    from console.formats.own.bundle import Bundle
    from console.formats.tools.entries import EmptyMeans, Entry, Names

EXAMPLES = (
    "import labelled.csv invoices --label verdict --reviewer anna --dry-run",
    "import sample.jsonl invoices --random 0.05 --unknown keep --empty nothing",
    "import labels.npy invoices --items texts.csv",
)


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="What `touchstone export --reviews` wrote; an export of Label Studio (JSON, "
            "JSON-MIN, CSV), doccano, Prodigy or Argilla; spans of CoNLL, spaCy or brat (a folder); a "
            "table (.csv, .jsonl, .parquet) with "
            "label and item_id or text; an array of labels (.npy) with --items."
        ),
    ],
    task: OneTask = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what was read as what, and take nothing in.")
    ] = False,
    unknown: Annotated[
        str,
        typer.Option(
            help="What rows about no item of the task do: refuse the file, skip (leave them out), or "
            "keep (those with a text become items of their own)."
        ),
    ] = "refuse",
    random: Annotated[
        float | None,
        typer.Option(
            metavar="PROBABILITY",
            help="Say that the items were drawn at random from their batches, each with this "
            "probability, so that they measure.",
            show_default="those of the audit sample measure, the rest teach",
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            help="Column, control or question with the label.", show_default="what can be told"
        ),
    ] = None,
    reviewer: Annotated[
        str | None,
        typer.Option(
            help="Who gave the answers of which the file does not tell.",
            show_default="what the file says",
        ),
    ] = None,
    empty: Annotated[
        str,
        typer.Option(
            help="What a row without a class says, where items may have several and the file does not "
            "tell: refuse the file, nothing (no class applies), or unanswered."
        ),
    ] = "refuse",
    items: Annotated[
        Path | None,
        typer.Option(
            help="For an array of labels, the file whose rows they are of.", show_default="none"
        ),
    ] = None,
) -> None:
    """Take items to review and answers into TASK; taking them in twice changes nothing."""
    from console.formats.files import read_any
    from console.formats.foreign import Foreign
    from console.formats.intake.checking import check_classes, drawn_items

    chosen = find_task(task)
    policy, means = _policy(unknown), _means(empty)
    former = {n: today for n in chosen.former_classes if (today := chosen.class_today(n))}
    found = read_any(
        file,
        chosen.classes,
        former=former,
        items=items,
        id_column=chosen.spec.source.id,
        label=label,
        kind=chosen.kind,
    )
    if isinstance(found, Foreign):
        taken, known, told = _foreign(chosen, found, policy, means, label)
        left_out = found.told
    else:
        taken, known, told = _ours(chosen, file, found, policy)
        left_out = []
    bundle = taken.bundle
    if reviewer is not None:
        bundle.reviews[:] = [_by(review, reviewer, file) for review in bundle.reviews]
    check_classes(chosen, file, bundle, _keys(chosen))
    bundle.assignments[:] = [
        replace(a, gold=None if a.gold is None else chosen.answer_today(a.gold))
        for a in bundle.assignments
    ]
    drawn = [] if random is None else drawn_items(file, bundle, known, random)
    tell = Console().print
    say: Callable[[str], None] = lambda text: tell(  # noqa: E731
        text, markup=False, soft_wrap=True, highlight=False
    )
    if dry_run:
        for line in [*told, *counts(bundle, chosen.kind)]:
            say(line)
    for line in left_out:
        say(line)
    if taken.shared:
        say(
            f"{counted(taken.shared, 'answer is', 'answers are')} about a text that several items "
            f"have, and went to the first of them. An id of the task in the file tells them apart."
        )
    tell_left_out(taken, say)
    if not known.complete and bundle.assignments:
        say(
            f"Task {chosen.name} has not run yet: ids and texts could not be compared with its items."
        )
    if dry_run:
        for line in what_for(_use(chosen, bundle, drawn), random is not None):
            say(line)
        say("Nothing was taken in: --dry-run.")
        return
    planned, answers = _write(chosen, bundle, drawn, random)
    say(
        f"{counted(planned, 'new assignment')} and {counted(answers, 'new review')} taken in; "
        f"{counted(len(bundle.reviews) - answers, 'review was', 'reviews were')} there before."
    )
    if drawn:
        say(f"{counted(len(drawn), 'item is', 'items are')} now declared to be drawn at random.")
    for line in what_for(_use(chosen, bundle, drawn), random is not None):
        say(line)


def _policy(unknown: str) -> "Unknown":
    if unknown not in ("refuse", "skip", "keep"):
        raise ReviewError(f"--unknown is {unknown!r}; allowed: refuse, skip, keep")
    return unknown


def _means(empty: str) -> "EmptyMeans":
    if empty not in ("refuse", "nothing", "unanswered"):
        raise ReviewError(f"--empty is {empty!r}; allowed: refuse, nothing, unanswered")
    return empty


def _foreign(
    task: Task, found: "Foreign", unknown: "Unknown", empty: "EmptyMeans", label: str | None
) -> "tuple[Taken, Items, list[str]]":
    from console.formats.intake.taking import take_entries
    from console.formats.tools.entries import name_fields, text_of

    source = task.spec.source
    names = name_fields(
        found.entries, [*task.classes, *task.former_classes], wanted=label,
        ids=[source.id], texts=[source.text], images=[source.image] if source.image else [],
        others=[*source.metadata, *([source.time] if source.time else [])], kind=task.kind,
    )  # fmt: skip
    ids = [text_of(one, names.id) for one in found.entries]
    texts = [
        (None, value)
        for one in found.entries
        for value in one.fields.values()
        if isinstance(value, str)
    ]
    blanks = all(one.blanks for one in found.entries)
    known = _items(task, [*((one, None) for one in ids), *texts], blanks=blanks)
    names = replace(names, text=_matching(found.entries, names, known))
    taken = take_entries(
        found.entries, names, known, unknown, task.zone, kind=task.kind, empty=empty
    )
    return taken, known, read_as(found, names, taken)


def _ours(
    task: Task, file: Path, bundle: "Bundle", unknown: "Unknown"
) -> "tuple[Taken, Items, list[str]]":
    from console.formats.intake.checking import as_written
    from console.formats.intake.taking import check_bundle

    as_written(task, file, bundle)
    known = _items(task, [(one.item_id, None) for one in bundle.assignments])
    told = [f"{file}: read as reviews and assignments of Touchstone"]
    return check_bundle(bundle, known, unknown, str(file), task.kind), known, told


def _items(
    task: Task, wanted: list[tuple[str | None, str | None]], *, blanks: bool = True
) -> "Items":
    from console.formats.intake.matching import load_items
    from labeling.llm.providers.redaction import redactor
    from resources.reviews.store import ReviewStore
    from resources.store.warehouse import warehouse_of

    source = task.spec.source
    redact = redactor(source.redact, source.redact_patterns)
    warehouse = warehouse_of(task) if stands(task) else None
    if not task.reviews.exists():
        return load_items(warehouse, None, wanted, redact, blanks=blanks)
    with closing(ReviewStore(task.reviews, kind=task.kind)) as store:
        return load_items(warehouse, store, wanted, redact, blanks=blanks)


def _keys(task: Task) -> set[tuple[str, str]]:
    """Return reviewer and idempotency key of every answer that the task has."""
    from resources.reviews.store import ReviewStore

    if not task.reviews.exists():
        return set()
    with closing(ReviewStore(task.reviews, kind=task.kind)) as store:
        rows = store.reviews().select(["reviewer", "idempotency_key"]).to_pylist()
    return {(row["reviewer"], row["idempotency_key"]) for row in rows}


def _use(task: Task, bundle: "Bundle", drawn: list[tuple[str, str]]) -> "Use":
    """Tell what answers are good for; items may have been declared drawn before."""
    from console.formats.intake.measuring import use_of
    from resources.reviews.drawn import all_drawn
    from resources.reviews.store import ReviewStore
    from resources.store.warehouse import warehouse_of

    declared = set(drawn)
    if task.reviews.exists():
        with closing(ReviewStore(task.reviews, kind=task.kind)) as store:
            declared |= {(row["item_id"], row["batch"]) for row in all_drawn(store).to_pylist()}
    return use_of(bundle, warehouse_of(task) if stands(task) else None, declared)


def _matching(entries: "list[Entry]", names: "Names", items: "Items") -> str | None:
    """Tell the field whose values are texts of the task's items, if one is; else the usual one."""
    hits = Counter(
        name for one in entries for name, value in one.fields.items() if items.has_text(value)
    )
    return hits.most_common(1)[0][0] if hits and not hits[names.text or ""] else names.text


def _by(review: Review, name: str, file: Path) -> Review:
    """Name who answered, where the file does not: doccano names a file for its person, or for nobody."""
    from console.formats.own.bundle import UNNAMED

    nobody = review.reviewer in (UNNAMED, f"doccano/{file.stem}")
    nobody = nobody or review.reviewer.endswith("/unknown")
    return replace(review, reviewer=name) if nobody else review


def _write(
    task: Task, bundle: "Bundle", drawn: list[tuple[str, str]], probability: float | None
) -> tuple[int, int]:
    from console.formats.intake.again import write_store
    from resources.reviews.drawn import record_drawn
    from resources.reviews.store import ReviewStore

    # An overlap is asked for when people answer; opened here, more would go out than came in.
    with closing(ReviewStore(task.reviews, kind=task.kind)) as store:
        planned, answers = write_store(store, bundle)
        if probability is not None:
            record_drawn(store, drawn, probability)
        store.log("command line", "imported", f"{planned} assignments, {answers} reviews")
    return planned, answers
