"""Files of terms: one a line, or a table with a column of terms and perhaps one of types."""

import unicodedata
from pathlib import Path

from labeling.errors import RuleError
from labeling.files.records import ENDINGS, read_records
from labeling.letters.unseen import unseen_in
from labeling.rules.reading.fields import TAKE_OUT, dictionary_lines
from labeling.rules.spans.rule import Terms


def read_terms(
    files: list[str],
    folder: Path,
    *,
    column: str | None = None,
    type_column: str | None = None,
    ignore_case: bool = True,
    whole: bool = True,
) -> Terms:
    """Read the terms of a dictionary, each once.

    Parameters
    ----------
    files : list of str
        Paths relative to ``folder``. What ends in :data:`labeling.files.records.ENDINGS` is a
        table, anything else has a term a line.
    column, type_column : str, optional
        Columns of tables: of the terms (``term`` by default), and of their types.
    ignore_case, whole : bool
        See :class:`labeling.rules.spans.rule.Terms`.

    Raises
    ------
    RuleError
        Naming the file and the line or row: it is missing or damaged, a term or its type is empty, a
        term holds what nobody sees, or has two types. The message begins with a verb.
    """
    terms: dict[str, str] = {}
    types: dict[str, tuple[str, str]] = {}
    for name in files:
        path = folder / name
        if not name.lower().endswith(ENDINGS):
            if column or type_column:
                raise RuleError(
                    f"names the file {path}, which has a term a line, beside "
                    f"'{'column' if column else 'type_column'}:'; tables end in {', '.join(ENDINGS)}"
                )
            for line in dictionary_lines([name], folder):
                terms.setdefault(term_key(line, ignore_case=ignore_case), line)
            continue
        for where, term, kind in _rows(path, column or "term", type_column):
            key = term_key(term, ignore_case=ignore_case)
            terms.setdefault(key, term)
            first = types.setdefault(key, (kind, where))
            if first[0] != kind:
                raise RuleError(
                    f"names the file {path}, where {term!r} is {first[0]} in {first[1]} and {kind} "
                    f"in {where}; a rule marks a place once, so write a rule for each type"
                )
    told = tuple(types[key][0] for key in terms) if type_column else None
    return Terms(tuple(terms.values()), told, ignore_case, whole)


def term_key(term: str, *, ignore_case: bool) -> str:
    r"""Return what is equal for terms that are found in the same places.

    Examples
    --------
    >>> term_key("CAF\N{LATIN CAPITAL LETTER E WITH ACUTE}  noir", ignore_case=True)
    'cafe\u0301 noir'
    """
    text = unicodedata.normalize("NFD", " ".join(term.split()))
    if not ignore_case:
        return text
    text = text.replace("\u0131", "i").replace("I\u0307", "i").replace("i\u0307", "i")
    return unicodedata.normalize("NFD", text.casefold())


def _rows(path: Path, column: str, type_column: str | None) -> list[tuple[str, str, str]]:
    if not path.exists():
        raise RuleError(f"names the file {path}, which does not exist")
    wanted = (column, *([type_column] if type_column else []))
    records, rejects = read_records(path, wanted)
    if rejects:
        row, _, reason, _ = rejects[0]
        more = f" (and {len(rejects) - 1:,} more)" if len(rejects) > 1 else ""
        place = f"row {row} of {path}" if row else str(path)
        raise RuleError(f"names a file that cannot be used: {place}: {reason}{more}")
    if not records:
        raise RuleError(f"names the file {path}, which holds no term")
    found: list[tuple[str, str, str]] = []
    for row, fields in records:
        told = [
            str(fields.get(one) if fields.get(one) is not None else "").strip() for one in wanted
        ]
        if "" in told:
            raise RuleError(
                f"names the file {path}, where row {row} has nothing in column "
                f"{wanted[told.index('')]!r}; fill it in or delete the row"
            )
        if unseen := unseen_in(told[0]):
            raise RuleError(
                f"names the file {path}, where row {row}, {told[0]!r}, has {unseen}: {TAKE_OUT}"
            )
        found.append((f"row {row}", told[0], told[-1] if type_column else ""))
    return found
