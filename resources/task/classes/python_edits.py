"""Edits of rules in Python: the class that a rule votes for, and nothing else that reads the same."""

import ast
import io
from collections.abc import Iterator, Mapping

from resources.task.classes.yaml_edits import Edit
from resources.task.errors import TaskError


def edit_python(
    text: str,
    labels: Mapping[str, str | None],
    file: str,
    past: str,
    told: list[str],
    by_hand: list[str],
) -> list[Edit]:
    """Return the edits of ``rules.py``: labels of ``@rule``, types of ``@span_rule``, what functions return or yield.

    A rule whose class has no successor becomes a comment.

    Parameters
    ----------
    labels : mapping of str to str or None
        Old names, and what is voted for instead.
    past : str
        What became of the class, for the comment.
    told, by_hand : list of str
        What is edited, and lines that a person has to look at, are added here.

    Raises
    ------
    TaskError
        If a function without a label returns a class that has no successor.
    """
    edits: list[Edit] = []
    seen: set[int] = set()
    starts = _line_starts(text)
    for function in ast.parse(text).body:
        call = _mark(function)
        if not isinstance(function, ast.FunctionDef) or call is None:
            continue
        label = _label(call)
        given = [label] if label is not None else list(_returned(function))
        for constant in given:
            old = str(constant.value)
            if old not in labels:
                continue
            new = labels[old]
            seen.add(constant.lineno)
            if new is not None:
                told.append(f"{file}: {function.name}: {new} instead of {old}")
                quote = text[_place(text, starts, constant.lineno, constant.col_offset)]
                edits.append(_edit(text, starts, constant, _quoted(new, quote)))
            elif label is None:
                raise TaskError(
                    f"{file} line {constant.lineno}: {function.name} returns {old!r}; "
                    "take it out of there first"
                )
            else:
                told.append(f"{file}: made a comment, as {old} was {past}: {function.name}")
                edits.append(_comment(text, starts, function, f"voted for {old}, which was {past}"))
                break
    by_hand.extend(
        f"{file} line {node.lineno} says {node.value!r}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value in labels
        and node.lineno not in seen
    )
    return edits


def _mark(node: ast.stmt) -> ast.Call | None:
    """Return the call of ``@rule(...)`` or ``@span_rule(...)`` above a function."""
    for one in getattr(node, "decorator_list", ()):
        function = one.func if isinstance(one, ast.Call) else None
        name = getattr(function, "id", getattr(function, "attr", None))
        if isinstance(one, ast.Call) and name in ("rule", "span_rule"):
            return one
    return None


def _label(call: ast.Call) -> ast.Constant | None:
    given = [
        *call.args[:1],
        *(k.value for k in call.keywords if k.arg in ("label", "type", "against")),
    ]
    constants = [
        one for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]
    return constants[0] if constants else None


def _returned(function: ast.FunctionDef) -> Iterator[ast.Constant]:
    for node in ast.walk(function):
        given = node.value if isinstance(node, ast.Return | ast.Yield) else None
        if isinstance(node, ast.Yield) and isinstance(given, ast.Tuple):
            given = given.elts[-1]  # start, end, type
        for one in () if given is None else _results(given):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one


def _results(value: ast.expr) -> Iterator[ast.expr]:
    """Yield what an expression may come to: ``a if x else b`` is a or b, and not x."""
    if isinstance(value, ast.IfExp):
        yield from (*_results(value.body), *_results(value.orelse))
    elif isinstance(value, ast.BoolOp):
        for one in value.values:
            yield from _results(one)
    else:
        yield value


def _comment(text: str, starts: list[int], function: ast.FunctionDef, why: str) -> Edit:
    first = starts[min(d.lineno for d in function.decorator_list) - 1]
    last = starts[function.end_lineno or function.lineno]
    lines = "".join(f"# {line}" for line in text[first:last].splitlines(keepends=True))
    return Edit(first, last, f"# {why}\n{lines}")


def _edit(text: str, starts: list[int], node: ast.Constant, new: str) -> Edit:
    return Edit(
        _place(text, starts, node.lineno, node.col_offset),
        _place(text, starts, node.end_lineno or node.lineno, node.end_col_offset or 0),
        new,
    )


def _quoted(text: str, quote: str) -> str:
    double = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(text) if quote == "'" else double


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in io.StringIO(text, newline=""):  # as ast counts lines, and str.splitlines does not
        starts.append(starts[-1] + len(line))
    return starts


def _place(text: str, starts: list[int], line: int, column: int) -> int:
    """Turn a line and a column in UTF-8 bytes, as ``ast`` counts, into a place among characters."""
    whole = text[starts[line - 1] : starts[line]]
    return starts[line - 1] + len(whole.encode()[:column].decode())
