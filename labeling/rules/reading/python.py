"""Rules as Python functions: ``@rule`` and the reading of ``rules.py``."""

import ast
import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast

from labeling.errors import RuleError
from labeling.kinds.several.answer import denied
from labeling.rules.conditions import Condition, parse_conditions
from labeling.rules.rule import Function, Rule

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__touchstone_rule__"


def rule(
    label: str | None = None,
    *,
    against: str | None = None,
    name: str | None = None,
    when: dict[str, Any] | str | None = None,
    description: str | None = None,
    owner: str = "",
    arrow: bool = False,
) -> Callable[[F], F]:
    """Make a rule of a function.

    Its parameters are the columns that it wants: ``def short(text, likes)``. It returns true where
    it votes for ``label``; without a label it returns the name of a class, or None to abstain.

    Parameters
    ----------
    label : str, optional
        The class it votes for.
    against : str, optional
        In place of ``label``, where an item may have several classes: the class that does not apply.
    name : str, optional
        Name of the rule; the function's name by default.
    when : dict or str, optional
        Conditions on columns, or an SQL expression; where it fails the function is not called.
    description : str, optional
        The first line of the function's docstring by default.
    owner : str, optional
        Who answers for it.
    arrow : bool
        The function takes whole Arrow columns and returns an array with one value for each row.

    Examples
    --------
    >>> @rule("SPAM")
    ... def shouts(text):
    ...     return text.isupper()
    >>> shouts("HELLO")
    True
    """

    def mark(function: F) -> F:
        options = {
            "label": label if against is None else denied(against),
            "name": name or function.__name__,
            "when": when,
            "description": description or (inspect.getdoc(function) or "").partition("\n")[0],
            "owner": owner,
            "arrow": arrow,
        }
        setattr(function, _MARK, options)
        return function

    if label is not None and against is not None:
        raise RuleError("@rule takes a label or a class that it is against, not both")
    if callable(label):
        raise RuleError("@rule needs parentheses: write @rule(label='…') above the function")
    return mark


def read_python_rules(path: Path) -> list[Rule]:
    """Run a ``rules.py`` and collect its decorated functions, in the order of the file.

    Raises
    ------
    RuleError
        If the file is missing, does not run, or a function has parameters that name no column.
    """
    return [_to_rule(one) for one in marked_functions(path, _MARK)]


@dataclass(frozen=True, slots=True)
class Marked:
    """A decorated function of a file.

    Parameters
    ----------
    given : dict
        What the decorator was told.
    body : Function
        The function and the columns that it wants.
    origin : str
        Where it is written, for messages.
    """

    given: dict[str, Any]
    body: Function
    origin: str

    @property
    def when(self) -> tuple[Condition, ...] | str | None:
        """Where it may be called at all."""
        when = self.given["when"]
        if not isinstance(when, dict):
            return when
        try:
            return parse_conditions(cast("dict[str, Any]", when))
        except RuleError as error:
            raise RuleError(
                f"{self.origin}, rule {self.given['name']!r}: 'when' {error}"
            ) from error


def marked_functions(path: Path, mark: str) -> list[Marked]:
    """Run a file and return the functions with an attribute ``mark``, in the order of the file.

    Raises
    ------
    RuleError
        As :func:`read_python_rules`.
    """
    try:
        source = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"{path} cannot be read: {error}") from error
    module = _run(path, source)
    tree = ast.parse(source)
    marked = [
        one
        for one in vars(module).values()
        if inspect.isfunction(one) and hasattr(one, mark) and one.__module__ == module.__name__
    ]
    marked.sort(key=lambda one: one.__code__.co_firstlineno)
    try:
        return [_marked(path, one, getattr(one, mark), tree) for one in dict.fromkeys(marked)]
    except RecursionError:
        raise RuleError(f"{path}: an expression is hundreds of calls deep; split it up") from None


def _run(path: Path, source: str) -> ModuleType:
    name = f"touchstone_rules_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        raise RuleError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # so that dataclasses and pickles of the file find their module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102
    except RuleError:
        raise
    except (Exception, SystemExit) as error:
        trace = error.__traceback__
        line = 0
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == str(path):
                line = trace.tb_lineno
            trace = trace.tb_next
        line = getattr(error, "lineno", None) or line
        raise RuleError(f"{path} line {line}: {type(error).__name__}: {error}") from error
    return module


def _marked(
    path: Path, function: Callable[..., Any], given: dict[str, Any], tree: ast.Module
) -> Marked:
    origin = f"{path} line {function.__code__.co_firstlineno}"
    parameters = inspect.signature(function).parameters.values()
    if not parameters or any(
        one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.KEYWORD_ONLY) for one in parameters
    ):
        raise RuleError(
            f"{origin}, rule {given['name']!r}: the parameters of a rule name the columns that it "
            "wants, for example def short(text, likes)"
        )
    body = Function(
        function,
        tuple(one.name for one in parameters),
        given.get("arrow", False),
        normalised_source(tree, function.__name__, function.__code__.co_firstlineno),
    )
    return Marked(given, body, origin)


def _to_rule(marked: Marked) -> Rule:
    given = marked.given
    return Rule(
        name=given["name"],
        label=given["label"],
        kind="python",
        body=marked.body,
        when=marked.when,
        description=given["description"],
        owner=given["owner"],
        origin=marked.origin,
    )


def normalised_source(tree: ast.Module, name: str, line: int = 0) -> str:
    r"""Return what a function means: its syntax tree and those of the module's names it uses.

    Docstrings, ``@rule`` itself, comments and layout are left out, so that only changes of meaning
    change it. Other modules are known by their import statement, not by their content.

    Parameters
    ----------
    tree : ast.Module
        The module.
    name : str
        A function of it.
    line : int
        Its first line where the name is defined more than once; the last definition by default.

    Examples
    --------
    >>> one = ast.parse("LIMIT = 3\ndef f(x):\n    'Says.'\n    return x > LIMIT")
    >>> two = ast.parse("LIMIT = 3 # three\n@rule()\ndef f( x ): return (x > LIMIT)")
    >>> normalised_source(one, "f") == normalised_source(two, "f")
    True
    """
    definitions: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for defined in _defined_names(statement):
            definitions.setdefault(defined, []).append(statement)
    wanted, seen, parts = [name], set[str](), list[str]()
    while wanted:
        current = wanted.pop()
        if current in seen or current not in definitions:
            continue
        seen.add(current)
        statements = definitions[current]
        if current == name and line:
            statements = [s for s in statements if _first_line(s) == line] or statements[-1:]
        for statement in statements:
            bare = _without_decoration(statement)
            parts.append(f"{current}={ast.dump(bare)}")
            wanted += sorted({n.id for n in ast.walk(bare) if isinstance(n, ast.Name)})
    return "\n".join([parts[0], *sorted(set(parts[1:]))])


def _first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)])


def _defined_names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [(one.asname or one.name).partition(".")[0] for one in statement.names]
    return [
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


def _is_rule(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return getattr(called, "id", getattr(called, "attr", "")) in ("rule", "span_rule")


def _without_decoration(statement: ast.stmt) -> ast.stmt:
    copy = ast.parse(ast.unparse(statement)).body[0]
    for node in ast.walk(copy):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            node.decorator_list = [d for d in node.decorator_list if not _is_rule(d)]
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:] or [ast.Pass()]
    return copy
