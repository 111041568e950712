"""spaCy's DocBin (``.spacy``): spans as ``doc.ents`` where none overlap, and in ``doc.spans["sc"]``.

spaCy is not part of Touchstone; ``touchstone[spacy]`` brings it.
"""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console.formats.spans.document import Carried, Document
from console.formats.spans.tokens import tokens
from console.formats.tools.entries import Entry
from labeling.counted import counted
from labeling.kinds.spans.answer import Span, overlapping, written
from resources.reviews.rows import ReviewError

GROUP = "sc"
"""The group of spans that spaCy's span categorizer reads and writes."""

ENDING = ".spacy"


def write(documents: Sequence[Document], path: Path) -> Carried:
    """Write a DocBin with a blank pipeline's vocabulary; tokens are cut where spans need it.

    Raises
    ------
    ReviewError
        If spaCy is not installed.
    """
    tokens_of, vocab = _spacy()
    carried = Carried()
    docs: list[Any] = []
    for one in documents:
        made = tokens(one.text, one.spans)
        doc = tokens_of.Doc(
            vocab,
            words=[one.text[token.start : token.end] for token in made],
            spaces=[token.space for token in made],
        )
        first = {token.start: number for number, token in enumerate(made)}
        last = {token.end: number + 1 for number, token in enumerate(made)}
        spans = [
            tokens_of.Span(doc, first[span.start], last[span.end], label=span.name)
            for span in one.spans
        ]
        doc.spans[GROUP] = spans
        if not overlapping(one.spans):
            doc.set_ents(spans, default="outside")
        doc.user_data |= {"item_id": one.item_id, "batch": one.batch}
        docs.append(doc)
        carried.documents += 1
        carried.spans += len(spans)
    tokens_of.DocBin(docs=docs, store_user_data=True).to_disk(path)
    return carried


def read(path: Path) -> tuple[list[Entry], list[str]]:
    """Read a DocBin: ``doc.ents`` and the group ``sc`` of every doc.

    A doc whose entities were never set says nothing; one where some tokens are said to be missing is
    left out, and told.

    Raises
    ------
    ReviewError
        If spaCy is not installed, or the file is none of its.
    """
    tokens_of, vocab = _spacy()
    try:
        docs = list(tokens_of.DocBin().from_disk(path).get_docs(vocab))
    except (OSError, KeyError, TypeError, ValueError, zlib.error) as error:
        raise ReviewError(f"{path}: is no DocBin of spaCy ({error})") from None
    entries: list[Entry] = []
    partly: list[int] = []
    for number, doc in enumerate(docs, start=1):
        grouped = list(doc.spans.get(GROUP, ()))
        known = GROUP in doc.spans or doc.has_annotation("ENT_IOB")
        if doc.has_annotation("ENT_IOB") and any(token.ent_iob == 0 for token in doc):
            partly.append(number)
            continue
        spans = {
            Span(span.start_char, span.end_char, span.label_) for span in [*doc.ents, *grouped]
        }
        ids = {
            name: str(doc.user_data[name]) for name in ("item_id", "batch") if name in doc.user_data
        }
        entries.append(
            Entry(
                where=f"{path}, doc {number}",
                fields={**ids, "text": doc.text},
                said={"ents": (written(spans),)} if known else {},
            )
        )
    if not partly:
        return entries, []
    some = ", ".join(map(str, partly[:3]))
    told = (
        f"{counted(len(partly), 'doc is', 'docs are')} left out (doc {some}): not of every token is it "
        "known whether it is of an entity"
    )
    return entries, [told]


def _spacy() -> tuple[Any, Any]:
    try:
        import spacy  # pyright: ignore[reportMissingImports]
        from spacy import tokens as tokens_of  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise ReviewError(
            "files of spaCy need spaCy, which is not installed: pip install 'touchstone[spacy]'"
        ) from None
    return tokens_of, spacy.blank("xx").vocab
