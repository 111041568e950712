"""``touchstone export``: labels, reviews or the student, as a file for other programs."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.options import OneTask
from labeling.counted import counted
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task

if TYPE_CHECKING:
    import pyarrow as pa

Write = Callable[[Path], str]
"""Writes one file and tells what it wrote."""

LABELS = (".csv", ".parquet", ".jsonl")
REVIEWS = (".csv", ".jsonl", ".json")
MODEL = (".joblib",)

CARD = b"# Student of "
"""How a model card begins."""

EXAMPLES = (
    "export invoices -o labels.parquet --text",
    "export invoices -o reviews.json --reviews",
    "export invoices -o student.joblib --model",
    "export recipes -o spans.spacy --for spacy",
)


def export(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="Write to this file: labels as .csv, .parquet or .jsonl, reviews as .csv, .jsonl or "
            ".json (of Label Studio), a model as .joblib; for another program as that has it.",
        ),
    ],
    task: OneTask = None,
    text: Annotated[
        bool,
        typer.Option("--text", help="Write the items' texts too, and what names their images."),
    ] = False,
    reviews: Annotated[
        bool, typer.Option("--reviews", help="Write people's answers instead of labels.")
    ] = False,
    model: Annotated[
        bool,
        typer.Option(
            "--model",
            help="Write the newest student and its card (.md); only one that marks spans needs "
            "Touchstone to be read.",
        ),
    ] = False,
    tool: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="PROGRAM",
            help="Write spans with their texts for another program: brat (a folder), conll, doccano, "
            "label-studio, prodigy or spacy.",
            show_default="Touchstone's own columns",
        ),
    ] = None,
) -> None:
    """Write labels, reviews or the student of TASK to a file."""
    chosen = find_task(task)
    if reviews + model + text + (tool is not None) > 1:
        raise TaskError(
            "--reviews, --model, --text and --for are different things to export; give one"
        )
    what, allowed = (
        ("reviews", REVIEWS) if reviews else ("a model", MODEL) if model else ("labels", LABELS)
    )
    if tool is not None:
        what, allowed = f"spans for {tool}", _endings(chosen, tool)
    if out.suffix not in allowed:
        places = ", ".join(one or "a folder, whose name has no ending" for one in allowed)
        raise TaskError(f"{out}: {what} can be written to {places}")
    if model:
        check_card(out.with_suffix(".md"))
    write: Write = (
        (lambda path: write_reviews(chosen, path))
        if reviews
        else (lambda path: write_model(chosen, path, out.with_suffix(".md")))
        if model
        else (lambda path: write_spans(chosen, path, tool))
        if tool is not None
        else (lambda path: write_labels(chosen, path, with_text=text))
    )
    told = whole(out, write)
    Console().print(f"{told} written to {out}", markup=False, soft_wrap=True, highlight=False)


def whole(out: Path, write: Write) -> str:
    """Write under a temporary name beside ``out`` and rename: the whole file or folder, or none.

    Raises
    ------
    TaskError
        If the folder is missing or may not be written to.
    """
    if not out.parent.is_dir():
        raise TaskError(f"{out}: the folder {out.parent} does not stand; make it first")
    if out.is_dir():
        raise TaskError(f"{out} is a folder; give the name of a file, or of a folder to be made")
    part = out.with_name(f".{out.stem}.{os.getpid()}{out.suffix}")
    try:
        told = write(part)
        part.replace(out)
    except OSError as error:
        raise TaskError(f"{out} cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(part) if part.is_dir() else part.unlink(missing_ok=True)
    return told


def write_labels(task: Task, path: Path, *, with_text: bool) -> str:
    """Write the published labels: item_id, batch, label, confidence, decided_by; text on demand.

    In CSV a text that a spreadsheet would run as a formula gets an apostrophe in front. Where an item
    may have any number of classes or spans, its label is a list, and in CSV the JSON of it.
    """
    from console.formats.own.labels import write_table

    table = _published(task)
    if with_text:
        table = _with_text(task, table)
    undecided = table["label"].null_count
    told = counted(table.num_rows - undecided, "label")
    if undecided:
        told += f" and {counted(undecided, 'undecided item')}"
    changed = write_table(table, path, task.kind)
    if changed:
        told += f" ({counted(changed, 'cell that begins', 'cells that begin')} like a formula got an apostrophe in front)"
    return told


def write_spans(task: Task, path: Path, tool: str) -> str:
    """Write the published spans and their texts for another program; what it cannot carry is told."""
    from console.formats.spans.released import documents_of
    from console.formats.spans.writing import write_for

    documents, undecided = documents_of(_with_text(task, _published(task)), task.kind)
    told = str(write_for(tool, documents, path, list(task.classes), task.kind))
    return told + (f"; {counted(undecided, 'undecided item')} left out" if undecided else "")


def write_reviews(task: Task, path: Path) -> str:
    """Write every answer of people, with what they were asked."""
    if not task.reviews.exists():
        raise TaskError(f"nobody has been asked to review task {task.name!r} yet; run it first")
    from console.formats.files import write_file
    from console.formats.own.bundle import read_store
    from resources.reviews.store import ReviewStore

    store = ReviewStore(task.reviews, kind=task.kind)
    try:
        bundle = read_store(store)
    finally:
        store.close()
    images = task.image_folder if task.spec.source.image else None
    write_file(bundle, path, images, task.kind)
    return f"{counted(len(bundle.reviews), 'review')} of {counted(len(bundle.by_item()), 'item')}"


def check_card(card: Path) -> None:
    """Refuse to write the model card over a file that is none.

    Raises
    ------
    TaskError
        Names the file.
    """
    if not card.exists():
        return
    if not card.is_file() or CARD not in card.read_bytes()[: len(CARD)]:
        raise TaskError(
            f"{card} stands there, is no model card and would be overwritten: the card has the "
            f"name of the model; give --out another name"
        )


def write_model(task: Task, path: Path, card: Path) -> str:
    """Write the newest student and its model card.

    ``joblib.load(path).predict(items)`` answers with class names and needs scikit-learn alone; of
    pictures it takes small copies, and the card says how they are made. What marks spans needs this
    product.
    """
    from labeling.student.whole import classes_of, read_student

    found = sorted(task.students.glob("*.joblib"))  # batches sort in the order of time
    if not found and task.spec.student.reads_vectors:
        raise TaskError(
            f"the student of task {task.name!r} reads embeddings and cannot be one file: the "
            "embedding model is not in it; with student: {features: tfidf} it can"
        )
    if not found:
        raise TaskError(
            f"task {task.name!r} has no student yet; `touchstone run {task.name}` trains one, "
            "unless task.yaml says student: {enabled: false}"
        )
    newest = found[-1]
    known = classes_of(read_student(newest))
    if known != list(task.classes):
        raise TaskError(
            f"{newest} knows the classes {', '.join(known)} and task.yaml names "
            f"{', '.join(task.classes)}; "
            f"`touchstone run {task.name} --batch {newest.stem}` trains a new one"
        )
    shutil.copyfile(newest, path)
    card.write_text(newest.with_suffix(".md").read_text(encoding="utf-8"), encoding="utf-8")
    return f"student of batch {newest.stem} ({', '.join(known)}; model card {card.name})"


def _endings(task: Task, tool: str) -> tuple[str, ...]:
    from console.formats.spans.writing import ENDINGS

    if tool not in ENDINGS:
        raise TaskError(f"--for is {tool!r}; allowed: {', '.join(ENDINGS)}")
    if not task.kind.marks_text:
        raise TaskError(
            f"--for writes spans, and task {task.name!r} asks for none (kind: {task.kind.name}); leave "
            f"it out"
        )
    return ENDINGS[tool]


def _published(task: Task) -> "pa.Table":
    import pyarrow.parquet as pq

    source = task.published / "labels.parquet"
    if not source.is_file():
        raise TaskError(
            f"task {task.name!r} has no labels yet; `touchstone run {task.name}` makes them"
        )
    return pq.ParquetFile(source).read()


def _with_text(task: Task, labels: "pa.Table") -> "pa.Table":
    from resources.store.warehouse import warehouse_of

    with warehouse_of(task).connect() as db, db.lend(labels_to_export=labels):
        table = db.read("cli.export.with_items")
    return table.drop_columns(["image"]) if task.spec.source.image is None else table
