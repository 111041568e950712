"""Which program spans can be written for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from console.formats.spans import brat, conll, docbin, doccano, label_studio, prodigy
from console.formats.spans.document import Carried, Document
from labeling.kinds.kind import Kind

ENDINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "brat": ("",),
        "conll": conll.ENDINGS,
        "doccano": (".jsonl",),
        "label-studio": (".json",),
        "prodigy": (".jsonl",),
        "spacy": (docbin.ENDING,),
    }
)
"""How a file for each program ends; brat has a folder."""


def write_for(
    tool: str, documents: Sequence[Document], path: Path, classes: Sequence[str], kind: Kind
) -> Carried:
    """Write a file, or a folder, for a program.

    Parameters
    ----------
    tool : str
        One of :data:`ENDINGS`.
    documents : sequence of Document
    path : Path
    classes : sequence of str
        Of the task.
    kind : Kind
        Of the task.

    Raises
    ------
    ReviewError
        If the program cannot tell two classes apart, or is needed and not installed.
    """
    match tool:
        case "brat":
            return brat.write(documents, path, classes)
        case "conll":
            return conll.write(documents, path, classes)
        case "doccano":
            return doccano.write(documents, path)
        case "label-studio":
            return label_studio.write(documents, path, kind)
        case "prodigy":
            return prodigy.write(documents, path)
        case _:
            return docbin.write(documents, path)
