"""Span rules as Python functions: ``@span_rule`` and the reading of files with them."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from labeling.errors import RuleError
from labeling.rules.reading.python import Marked, marked_functions
from labeling.rules.spans.rule import SpanRule

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__touchstone_span_rule__"


def span_rule(
    type: str | None = None,  # noqa: A002 - as it is called in YAML
    *,
    against: str | None = None,
    name: str | None = None,
    when: dict[str, Any] | None = None,
    description: str | None = None,
    owner: str = "",
) -> Callable[[F], F]:
    r"""Make a span rule of a function.

    Its parameters are the columns that it wants. It yields ``(start, end)`` for what it marks in
    the column ``text``, in code points, half-open; without a type ``(start, end, type)``. Nothing
    of what it yields for an item is taken where one of it is wrong.

    Parameters
    ----------
    type : str, optional
        The type it marks.
    against : str, optional
        In place of a type: the type that what it marks is *not*.
    name : str, optional
        Name of the rule; the function's name by default.
    when : dict, optional
        Conditions on columns; where they fail the function is not called.
    description : str, optional
        The first line of the function's docstring by default.
    owner : str, optional
        Who answers for it.

    Examples
    --------
    >>> @span_rule("Greeting")
    ... def greeting(text):
    ...     if text.startswith("Dear "):
    ...         yield 0, text.find(",")
    >>> list(greeting("Dear Ann, thank you"))
    [(0, 8)]
    """
    if callable(type):
        raise RuleError(
            "@span_rule needs parentheses: write @span_rule(type='…') above the function"
        )

    if type is not None and against is not None:
        raise RuleError("@span_rule takes a type or one that it is against, not both")

    def mark(function: F) -> F:
        told = {
            "type": type if against is None else against,
            "against": against is not None,
            "name": name or function.__name__,
            "when": when,
            "description": description or (inspect.getdoc(function) or "").partition("\n")[0],
            "owner": owner,
        }
        setattr(function, _MARK, told)
        return function

    return mark


def read_python_span_rules(path: Path) -> list[SpanRule]:
    """Run a Python file and collect its span rules, in the order of the file.

    Raises
    ------
    RuleError
        If the file is missing, does not run, or a function has parameters that name no column.
    """
    return [_to_rule(one) for one in marked_functions(path, _MARK)]


def _to_rule(marked: Marked) -> SpanRule:
    given, when = marked.given, marked.when
    if isinstance(when, str):
        raise RuleError(
            f"{marked.origin}, rule {given['name']!r}: 'when' is {when!r}, but must map columns to "
            "values, for example {'channel': 'desk'}"
        )
    return SpanRule(
        name=given["name"],
        type=given["type"],
        kind="python",
        body=marked.body,
        against=given["against"],
        when=when,
        description=given["description"],
        owner=given["owner"],
        origin=marked.origin,
    )
