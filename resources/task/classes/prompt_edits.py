"""Classes that a prompt file describes or shows in examples, renamed or taken out."""

import re
from collections.abc import Iterator, Mapping

import yaml

from resources.task.classes.yaml_edits import (
    Edit,
    at,
    items,
    pairs,
    remove,
    remove_all,
    rename_all,
    rewrite,
)

FENCE = re.compile(r"\A\ufeff?---\r?\n(.*?)^---\s*$", re.DOTALL | re.MULTILINE)


def edit_prompt(text: str, labels: Mapping[str, str | None]) -> tuple[list[Edit], int]:
    r"""Return the edits of a prompt's front matter, and where that ends; 0 without any.

    An example of a class that has no successor goes, and so does its description.

    Examples
    --------
    >>> text = "---\nexamples: {choose: fixed, items: [{text: a, label: late}]}\n---\nAsk."
    >>> [edit.new for edit in edit_prompt(text, {"late": "delayed"})[0]]
    ['delayed']
    >>> text = text.replace("label: late", "label: [[0, 1, late], [2, 3, rude]]")
    >>> [edit.new for edit in edit_prompt(text, {"late": "delayed"})[0]]
    ['delayed']
    >>> text = "---\ndescriptions:\n  late: Not in time.\n---\nAsk."
    >>> [edit.new for edit in edit_prompt(text, {"late": "delayed"})[0]]
    ['delayed']
    """
    matter = FENCE.match(text)
    if matter is None:
        return [], 0
    inside = matter[1]
    front = yaml.compose(inside, Loader=yaml.SafeLoader)
    examples = at(front, "examples", "items")
    edits = list(_descriptions(inside, at(front, "descriptions"), labels))
    for place, one in enumerate(items(examples)):
        label = at(one, "label")
        if label is None or examples is None:
            continue
        spans = [items(span)[-1] for span in items(label) if items(span)]
        named = [str(name.value) for name in spans or items(label) or [label]]
        now = [labels.get(name, name) for name in named]
        if None in now:
            edits.append(remove(inside, examples, place))
        elif spans:
            edits += [
                rewrite(inside, node, str(new))
                for node, old, new in zip(spans, named, now, strict=True)
                if new != old
            ]
        elif isinstance(label, yaml.SequenceNode):
            edits += rename_all(inside, label, labels)
        elif now != named:
            edits.append(rewrite(inside, label, str(now[0])))
    start = matter.start(1)
    return [Edit(one.start + start, one.end + start, one.new) for one in edits], matter.end()


def _descriptions(
    inside: str, described: yaml.Node | None, labels: Mapping[str, str | None]
) -> Iterator[Edit]:
    standing: list[str | None] = [str(key.value) for key, _ in pairs(described)]
    gone: list[int] = []
    for place, (key, _) in enumerate(pairs(described)):
        old = str(standing[place])
        new = labels.get(old, old)
        if new == old:
            continue
        if new is None or new in standing:
            gone.append(place)
        else:
            yield rewrite(inside, key, new)
        standing[place] = new
    if described is not None and gone:
        yield from remove_all(inside, described, gone)
