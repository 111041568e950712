"""A prompt: a Markdown file with front matter, and the version that its answers carry.

The body is a Jinja template, rendered in a sandbox. It sees ``classes`` (each with ``name`` and
``description``), ``answer_format`` and, if it wants to place them itself, ``examples`` (each with
``text`` and ``label``) and ``item``. A body that does not mention ``item`` becomes the system
message, the same for every item, so that providers can cache it; the item follows as the user's.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import yaml
from jinja2 import TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import ValidationError

from labeling.errors import PromptError
from labeling.kinds.classes import ClassSpec
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from labeling.llm.prompts.settings import Settings

FENCE = "---"
VARIABLES = frozenset({"classes", "examples", "item", "answer_format"})
"""What a template may use."""

RENDERING = 1
"""Raised when what the engine itself adds to a prompt changes: old answers then count no more."""

ENVIRONMENT = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One voter: a prompt on a model.

    Parameters
    ----------
    name : str
        The file's stem; with ``@model`` behind it where one file serves several models.
    model : str
        As LiteLLM names it.
    settings : Settings
        The front matter.
    body : str
        The template.
    kind : Kind
        What is asked about an item.

    Examples
    --------
    >>> prompt = Prompt("spam", "gpt-4o-mini", Settings(model="gpt-4o-mini"), "Spam or ham?")
    >>> prompt.version([ClassSpec("SPAM"), ClassSpec("HAM")])
    '7aa36e3437f8'
    """

    name: str
    model: str
    settings: Settings
    body: str
    kind: Kind = SINGLE

    def version(self, classes: Sequence[ClassSpec]) -> str:
        """Hash of everything that shapes an answer: prompt, model, parameters and classes."""
        shaping = self.settings.model_dump(
            mode="json", include={"parameters", "output", "examples", "shortlist"}
        )
        told = [(c.name, c.description, sorted(c.synonyms)) for c in self.described(classes)]
        # the first kind is not named: its answers were paid for before there were others
        of_kind = [] if self.kind is SINGLE else list(self.kind.meaning())
        whole = json.dumps(
            [RENDERING, self.body, self.model, shaping, told, *of_kind], sort_keys=True
        )
        return hashlib.sha256(whole.encode()).hexdigest()[:12]

    def described(self, classes: Sequence[ClassSpec]) -> tuple[ClassSpec, ...]:
        """Return the classes as this prompt describes them.

        Examples
        --------
        >>> prompt = Prompt("spam", "m", Settings(model="m", descriptions={"HAM": "Wanted."}), "?")
        >>> [c.description for c in prompt.described([ClassSpec("SPAM", "Junk."), ClassSpec("HAM")])]
        ['Junk.', 'Wanted.']
        """
        own = self.settings.descriptions
        return tuple(replace(c, description=own.get(c.name, c.description)) for c in classes)

    def alone(self) -> "Prompt":
        """Return the prompt as it measures its model: on every item, with no other model's help.

        A step of a cascade waits for nobody, and no fallback answers. It is the same version.
        """
        return replace(
            self, settings=self.settings.model_copy(update={"ask": "all", "fallbacks": ()})
        )

    @property
    def room(self) -> int:
        """Completion tokens at most; what the worst case is reckoned with."""
        return self.settings.room(self.kind.room)

    def uses(self) -> frozenset[str]:
        """Return the variables that the template mentions."""
        return _variables(self.body)


@lru_cache(maxsize=64)
def _variables(body: str) -> frozenset[str]:
    return frozenset(meta.find_undeclared_variables(ENVIRONMENT.parse(body)))


def load_prompts(path: Path, model: str | None = None) -> tuple[Prompt, ...]:
    """Read a prompt file: one prompt for each model that it names.

    Parameters
    ----------
    path : Path
        A Markdown file that starts with YAML front matter between lines of ``---``.
    model : str, optional
        Instead of the file's own model.

    Raises
    ------
    PromptError
        Naming file, line where known, field, and what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PromptError(f"{path} does not exist; write it or take it out of task.yaml") from None
    except UnicodeDecodeError as error:
        raise PromptError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from None
    return parse_prompts(text, path.stem, where=str(path), model=model)


def parse_prompts(
    text: str, name: str, where: str = "prompt", model: str | None = None
) -> tuple[Prompt, ...]:
    r"""Read the text of a prompt file; see :func:`load_prompts`.

    Examples
    --------
    >>> text = "---\nmodel: [gpt-4o-mini, ollama/llama3.2]\n---\nSpam or ham?"
    >>> [prompt.name for prompt in parse_prompts(text, "spam")]
    ['spam@gpt-4o-mini', 'spam@ollama/llama3.2']
    """
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines or lines[0].strip() != FENCE or FENCE not in [x.strip() for x in lines[1:]]:
        raise PromptError(
            f"{where}:1: a prompt starts with front matter: a line of {FENCE}, YAML with at least "
            f"`model:`, and another line of {FENCE}"
        )
    end = 1 + [x.strip() for x in lines[1:]].index(FENCE)
    settings = _settings("\n".join(lines[1:end]), where, model)
    body = "\n".join(lines[end + 1 :]).strip()
    _check_body(body, where, end + 1)
    models = (settings.model,) if isinstance(settings.model, str) else settings.model
    if not models or len(set(models)) != len(models):
        raise PromptError(f"{where}: model: name at least one model, and each only once")
    return tuple(
        Prompt(name if len(models) == 1 else f"{name}@{m}", m, settings, body) for m in models
    )


def _settings(front: str, where: str, model: str | None) -> Settings:
    try:
        fields: Any = yaml.safe_load(front) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 2
        raise PromptError(f"{where}:{line}: the front matter is not valid YAML") from None
    if not isinstance(fields, dict):
        raise PromptError(f"{where}:2: the front matter must be a mapping of fields")
    fields = cast("dict[str, Any]", fields)
    if model is not None:
        fields["model"] = model
    try:
        return Settings.model_validate(fields)
    except ValidationError as error:
        faults: list[str] = []
        for fault in error.errors():
            # the second part of what is wrong in ask names the form that was meant
            parts = [str(part) for part in fault["loc"]]
            field = ".".join(parts[:1] + parts[2:] if parts[:1] == ["ask"] else parts)
            field = field or "front matter"
            message = fault["msg"].removeprefix("Value error, ")
            if fault["type"] == "extra_forbidden":
                message = f"unknown field; allowed at the top: {', '.join(Settings.model_fields)}"
            faults.append(f"{where}:{_line(front, fault['loc'])}: {field}: {message}")
        raise PromptError("\n".join(faults)) from None


def _line(front: str, loc: tuple[int | str, ...]) -> int:
    first = str(loc[0]) if loc else ""
    for at, line in enumerate(front.splitlines(), start=2):
        if line.split(":")[0].strip() == first:
            return at
    return 2


def _check_body(body: str, where: str, offset: int) -> None:
    if not body:
        raise PromptError(f"{where}: nothing follows the front matter; write what to ask")
    try:
        used = _variables(body)
    except TemplateError as error:
        line = offset + (getattr(error, "lineno", None) or 1)
        raise PromptError(f"{where}:{line}: the template cannot be read: {error}") from None
    strangers = sorted(used - VARIABLES)
    if strangers:
        raise PromptError(
            f"{where}: the template uses {', '.join(strangers)}, which does not exist; "
            f"it may use {', '.join(sorted(VARIABLES))}"
        )
