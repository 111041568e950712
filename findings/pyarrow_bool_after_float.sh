#!/usr/bin/env bash
# pyarrow makes 1.0 of a true that follows a float, and refuses one that stands before it or beside an integer.
#
# Guess:    pyarrow.array infers one type for Python values and refuses those of several kinds, in whatever order they come, as it
#           does for [True, 0.5] and for [1, True].
# Happens:  [0.5, True] is an array of doubles, [0.5, 1.0]. The same inside lists and structs. So what a column becomes depends on
#           the order of its rows, and a flag is lost as a number without a word.
# Source:   Apache Arrow's page "Data Types and Schemas" (type inference), pyarrow.array ("values ... convert"); the error that the
#           other order raises.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyarrow==25.0.1

cat >"$folder/infer.py" <<'PYTHON'
import sys

import pyarrow as pa


def made(values):
    try:
        found = pa.array(values)
    except pa.ArrowException as error:
        return type(error).__name__
    return f"{found.type} {found.to_pylist()}"


print("pyarrow", pa.__version__)
seen = {}
for values in ([0.5, True], [True, 0.5], [1, True], [True, 1], [[0.5, True]], [[True, 0.5]]):
    seen[str(values)] = made(values)
    print(f"  {values!s:16} {seen[str(values)]}")
odd = ("[0.5, True]", "[[0.5, True]]")
if not all(("double" in said) == (name in odd) for name, said in seen.items()):
    sys.exit("Changed: a true after a float is no longer read as described.")
PYTHON

"$folder/venv/bin/python" "$folder/infer.py"
