"""A suggestion as the text of a prompt file: the front matter of the one before it, and new words."""

import json
from collections.abc import Sequence
from typing import Any, cast

import yaml

from labeling.kinds.kind import Kind
from labeling.llm.prompts.prompt import FENCE
from labeling.llm.prompts.rendering import Example
from labeling.pilots.suggestion import Suggestion

UNFOLDED = 10**9
"""Characters of a line: a text that is folded may have a line that ends the front matter."""


class _Lines(yaml.SafeDumper):
    """Writes every text on one line, for the same reason."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = None if data.splitlines() == [data] else '"'
        return cast("Any", self).represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Lines.add_representer(str, _Lines.represent_str)


def suggested_text(
    before: str,
    model: str,
    kind: Kind,
    said: Suggestion,
    examples: Sequence[Example],
    source: str,
) -> str:
    r"""Write a prompt file.

    Parameters
    ----------
    before : str
        The file that the suggestion is to better; what shapes a request is kept.
    model : str
        The model whose errors were shown; kept alone where the file names several.
    kind : Kind
        What is asked about an item.
    said : Suggestion
    examples : sequence of Example
        Answered items that it chose; none leaves examples as they were.
    source : str
        Where it comes from; a comment in the front matter.

    Examples
    --------
    >>> from labeling.kinds.registry import SINGLE
    >>> said = Suggestion("Spam or ham?", {"HAM": "Wanted mail."}, ())
    >>> print(suggested_text("---\nmodel: m\n---\nSort.", "m", SINGLE, said, [], "Suggested by x."))
    ---
    # Suggested by x.
    model: m
    descriptions:
      HAM: Wanted mail.
    ---
    Spam or ham?
    <BLANKLINE>
    """
    front = before.removeprefix("\ufeff").split(f"\n{FENCE}", maxsplit=1)[0].partition("\n")[2]
    fields = cast("dict[str, Any]", yaml.safe_load(front) or {})
    if isinstance(fields.get("model"), list):
        fields["model"] = model
    if said.descriptions:
        fields["descriptions"] = {**fields.get("descriptions", {}), **said.descriptions}
    if examples:
        items = [{"text": one.text, "label": _written(one.label, kind)} for one in examples]
        fields["examples"] = {"choose": "fixed", "items": items}
    written = yaml.dump(fields, Dumper=_Lines, sort_keys=False, allow_unicode=True, width=UNFOLDED)
    return f"{FENCE}\n# {' '.join(source.split())}\n{written}{FENCE}\n{said.instructions}\n"


def _written(label: str, kind: Kind) -> object:
    """Return an answer as people write it in a file, where a change of classes finds its names."""
    return json.loads(label) if kind.many or kind.marks_text else label
