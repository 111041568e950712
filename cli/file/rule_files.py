"""What commands about rules read alike: classes, columns, and SQL that rules ask of the items."""

from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from labeling.errors import RuleError
from labeling.rules.reading.reading import read_classes

COLUMNS = "id=item_id,text=text"

PythonRules = Annotated[
    Path | None,
    typer.Option(
        "--python", help="Take the @rule functions of this file too.", show_default="none"
    ),
]
ClassNames = Annotated[
    str | None,
    typer.Option(
        "--classes",
        help="Names of the classes, with commas between.",
        show_default="classes: of the rules file",
    ),
]
ColumnNames = Annotated[
    str, typer.Option("--columns", help="Columns of TEXTS with the id and with the text.")
]


def classes_of(rules_file: Path, given: str | None) -> list[str]:
    """Return the classes that rules vote for: as given, else as the file of rules says.

    Raises
    ------
    RuleError
        If neither says them, or fewer than two or one twice are given.
    """
    if given is not None:
        names = [one.strip() for one in given.split(",") if one.strip()]
        if len(names) < 2 or len(set(names)) != len(names):
            raise RuleError(f"--classes is {given!r}, but names at least two different classes")
        return names
    names = read_classes(rules_file)
    if names is None:
        raise RuleError(
            f"which classes are there? Write 'classes: [HAM, SPAM]' into {rules_file}, or give "
            "--classes HAM,SPAM"
        )
    return names


def columns_of(
    given: str, id_column: str | None = None, text: str | None = None
) -> tuple[str, str]:
    """Return the columns with id and text out of what ``--columns`` says, or said alone.

    Raises
    ------
    RuleError
        If another column than id and text is named, or none.

    Examples
    --------
    >>> columns_of("text=body"), columns_of("id=item_id,text=text", "key")
    (('item_id', 'body'), ('key', 'text'))
    """
    found = {"id": "item_id", "text": "text"}
    for one in given.split(","):
        name, _, column = one.strip().partition("=")
        if name not in found or not column:
            raise RuleError(
                f"--columns is {given!r}; say id=COLUMN, text=COLUMN or both with a comma between"
            )
        found[name] = column
    return id_column or found["id"], text or found["text"]


def run_sql(query: str, batch: pa.Table) -> pa.Table:
    """Run the query of a rule over the items, as the table ``batch``."""
    from resources.store.user_sql import run_over

    return run_over(query, batch)
