"""The records of a csv file, and the lines between them that are none."""

import csv
import io
from collections.abc import Iterator

csv.field_size_limit(1 << 30)


def cut(text: str) -> Iterator[tuple[list[str], str, str | None]]:
    """Cut a csv file into records: the fields, the lines they stand in, and what is wrong with them.

    A blank line has no fields. After a fault each line stands for itself and reading goes on with the next. A quote that is
    never closed takes all that follows with it: nobody can tell where that record ends.
    """
    taken: list[str] = []

    def source() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    lines = source()
    done = False
    while not done:
        try:
            for fields in csv.reader(lines, strict=True):
                stood = "".join(taken).rstrip("\r\n")
                yield fields if stood.strip() else [], stood, None
                taken.clear()
            done = True
        except csv.Error as error:
            open_quote = "unexpected end" in str(error)
            why = "a quote is opened and never closed" if open_quote else str(error)
            for line in taken:
                yield [], line.rstrip("\r\n"), f"not a csv record: {why} (half-written?)"
            taken.clear()
