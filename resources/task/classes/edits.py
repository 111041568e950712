"""What a change of classes edits in the files of a task: task.yaml, rules and prompts' examples."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from labeling.counted import counted
from resources.task.classes.asked import Asked
from resources.task.classes.prompt_edits import edit_prompt
from resources.task.classes.python_edits import edit_python
from resources.task.classes.yaml_edits import (
    Edit,
    add_after,
    apply,
    at,
    comment_out,
    items,
    pairs,
    remove,
    remove_all,
    rename_all,
    rewrite,
    says,
    substitute,
)
from resources.task.errors import TaskError
from resources.task.settings.demo import FORMER
from resources.task.settings.schema import TaskSpec


@dataclass(slots=True)
class Edits:
    """Texts of files before and after, what is edited in words, and what a person has to look at.

    ``read`` names the prompts: they may stand outside the task's folder, as rules may.
    """

    before: dict[str, str] = field(default_factory=dict[str, str])
    after: dict[str, str] = field(default_factory=dict[str, str])
    told: list[str] = field(default_factory=list[str])
    by_hand: list[str] = field(default_factory=list[str])
    read: list[str] = field(default_factory=list[str])


def edits_of(folder: Path, spec: TaskSpec, asked: Asked) -> Edits:
    """Return what ``asked`` edits; nothing is written.

    Raises
    ------
    TaskError
        Naming what has to be decided by a person first.
    """
    found = Edits()
    _edit(found, folder, "task.yaml", _task_yaml, asked)
    for name in spec.rules.files:
        if (folder / name).is_file():
            _edit(found, folder, name, _python if name.endswith(".py") else _rules_yaml, asked)
    for pattern in spec.models.prompts if spec.models else ():
        for path in sorted((folder / pattern).parent.glob(Path(pattern).name)):
            found.read.append(os.path.relpath(path, folder))
            _edit(found, folder, found.read[-1], _prompt, asked)
    if spec.guidelines and (folder / spec.guidelines).is_file():
        text = (folder / spec.guidelines).read_text("utf-8", errors="replace")
        found.by_hand += _in_words(text, spec.guidelines, asked)
    return found


def _in_words(text: str, name: str, asked: Asked, after: int = 0) -> Iterator[str]:
    """Say which lines after a certain one name a class that is no more."""
    for line, words in enumerate(text.splitlines(), start=1):
        for old in asked.moves if line > after else ():
            if re.search(rf"(?<!\w){re.escape(old)}(?!\w)", words):
                yield f"{name} line {line} says {old!r} in words"


def _edit(found: Edits, folder: Path, name: str, how: "Editor", asked: Asked) -> None:
    text = (folder / name).read_bytes().decode("utf-8")  # read_text would change line ends
    try:
        edits = list(how(text, asked, name, found))
    except (yaml.YAMLError, SyntaxError) as error:
        raise TaskError(
            f"{folder / name} cannot be parsed, so it cannot be edited: {error}"
        ) from None
    if edits and (after := apply(text, edits)) != text:
        if Path(name).is_absolute():
            raise TaskError(
                f"{name} names a class that changes, and task.yaml names the file by its whole path; "
                "name it relative to task.yaml, so that a change can be shown before it is made"
            )
        found.before[name], found.after[name] = text, after


def _task_yaml(text: str, asked: Asked, _: str, found: Edits) -> list[Edit]:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    edits = list(_class_list(text, root, asked, found))
    for path in (("alarm", "classes"), ("class_balance",)):
        edits += _keys(text, at(root, *path), asked, ".".join(path), found)
    edits += _excludes(text, root, asked, found)
    for simulated in (("demo", "simulated"), FORMER["demo", "simulated"]):
        edits += _values(text, at(root, *simulated, "confusions"), asked, keys=True)
    for scripted in (("demo", "scripted"), FORMER["demo", "scripted"]):
        edits += _values(text, at(root, *scripted, "names"), asked, keys=False)
    return edits


def _class_list(text: str, root: yaml.Node | None, asked: Asked, found: Edits) -> Iterator[Edit]:
    listed = at(root, "classes")
    if listed is None:
        return
    nodes = {
        n.value: i for i, one in enumerate(items(listed)) if (n := at(one, "name")) is not None
    }
    standing = [old for old in asked.old if old in nodes]
    missing = [new for new in asked.new if new not in nodes]
    if standing and missing and standing[0] not in asked.new:
        place = nodes[standing[0]]
        name = at(items(listed)[place], "name")
        if name is not None:
            found.told.append(f"task.yaml: class {standing[0]} is called {missing[0]}")
            yield rewrite(text, name, missing[0])
        standing, last, missing = standing[1:], place, missing[1:]
    else:
        last = nodes[standing[0]] if standing else len(nodes) - 1
    if missing:
        added = f"class {missing[0]} is added: describe it"
        if len(missing) > 1:
            added = f"classes {', '.join(missing)} are added: describe them"
        found.told.append(f"task.yaml: {added}")
        quoted = [
            yaml.safe_dump(m, width=10**6).removesuffix("\n").removesuffix("\n...") for m in missing
        ]
        yield add_after(text, listed, last, [f"name: {one}" for one in quoted])
    for old in standing:
        if old not in asked.new:
            found.told.append(f"task.yaml: class {old} is taken out")
            yield remove(text, listed, nodes[old])


def _keys(
    text: str, node: yaml.Node | None, asked: Asked, where: str, found: Edits
) -> Iterator[Edit]:
    """Rename keys of shares by class; of several that become one, a balance is summed."""
    places = {k.value: (i, k, v) for i, (k, v) in enumerate(pairs(node))}
    old = [name for name in asked.old if name in places and name not in asked.new]
    if node is None or not old:
        return
    balance = where == "class_balance"
    if balance and asked.what in ("split", "retire"):
        raise TaskError(
            f"task.yaml: class_balance says a share of {old[0]!r}, and nobody can tell whose it is "
            "now; take class_balance out first, and say it anew afterwards"
        )
    into = asked.new[0] if asked.new and asked.what in ("rename", "merge") else None
    kept = into if into in places else None
    shares = [float(places[n][2].value) for n in (*old, *([kept] if kept else []))]
    if into is not None and kept is None:
        found.told.append(f"task.yaml: {where}: {old[0]} is called {into}")
        yield rewrite(text, places[old[0]][1], into)
        kept, old = old[0], old[1:]
    for name in old:
        found.told.append(f"task.yaml: {where}: {name} is taken out")
        yield remove(text, node, places[name][0])
    if into is not None and kept is not None and len(shares) > 1 and (balance or kept != into):
        together = round(sum(shares), 9) if balance else min(shares)
        yield rewrite_number(places[kept][2], together)


def _excludes(text: str, root: yaml.Node | None, asked: Asked, found: Edits) -> Iterator[Edit]:
    """Rename classes that exclude each other; a group of fewer than two says nothing, and goes."""
    groups = at(root, "excludes")
    gone: list[int] = []
    edits: list[Edit] = []
    for place, group in enumerate(items(groups)):
        names = [str(one.value) for one in items(group)]
        left = {new for name in names if (new := asked.labels.get(name, name)) is not None}
        if len(left) < 2:
            gone.append(place)
        else:
            edits += rename_all(text, group, asked.labels)
    if root is None or groups is None or not (gone or edits):
        return
    found.told.append("task.yaml: excludes says so too")
    yield from edits
    if len(gone) == len(items(groups)):
        yield remove(
            text, root, next(i for i, (k, _) in enumerate(pairs(root)) if k.value == "excludes")
        )
    else:
        yield from remove_all(text, groups, gone)


def rewrite_number(node: yaml.Node, value: float) -> Edit:
    """Put another number in the place of one."""
    return Edit(node.start_mark.index, node.end_mark.index, f"{value:g}")


def _values(text: str, node: yaml.Node | None, asked: Asked, *, keys: bool) -> Iterator[Edit]:
    """Map values, and keys too if classes stand there: each of them once, and none to itself."""
    gone: list[int] = []
    seen: set[str | None] = set()
    for place, (key, value) in enumerate(pairs(node)):
        names = [key, value] if keys else [value]
        into = [asked.labels.get(one.value, one.value) for one in names]
        doubled = keys and (into[0] in seen or into[0] == into[1])
        changed = into != [one.value for one in names]
        if None in into or (doubled and changed):
            gone.append(place)
            continue
        seen.add(into[0])
        yield from (
            rewrite(text, one, new)
            for one, new in zip(names, into, strict=True)
            if new is not None and new != one.value
        )
    if node is not None and gone:
        yield from remove_all(text, node, gone)


def _rules_yaml(text: str, asked: Asked, name: str, found: Edits) -> Iterator[Edit]:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    rules = at(root, "rules")
    changed: dict[str, list[str]] = {}
    for place, rule in enumerate(items(rules)):
        called = at(rule, "name")
        key = next((k for k in ("label", "against", "type") if at(rule, k) is not None), "label")
        label = at(rule, key)
        who = str(getattr(called, "value", place + 1))
        mapped = at(rule, "labels")
        if mapped is not None and any(_left(asked, value) for _, value in pairs(mapped)):
            edits = list(_values(text, mapped, asked, keys=False))
            if edits:
                found.told.append(f"{name}: labels of rule {who} say so too")
            yield from edits
            continue
        label = label if mapped is None else next((value for _, value in pairs(mapped)), None)
        if label is None:
            yield from _sql(text, rule, asked, f"{name}: rule {who}", found)
            continue
        old = next((o for o in asked.labels if says(label, o)), None)
        if old is None or rules is None:
            continue
        new = asked.labels[old]
        if new is not None:
            changed.setdefault(f"{name}: {key} {new} instead of {old}", []).append(who)
            yield rewrite(text, label, new)
            continue
        edit = comment_out(text, rules, place, f"voted for {old}, which was {_past(asked)}")
        if edit is None:
            raise TaskError(
                f"{name}: rule {who!r} votes for {old!r}; give it another label, or take it out, first"
            )
        changed.setdefault(f"{name}: made a comment, as {old} was {_past(asked)}", []).append(who)
        yield edit
    found.told += [f"{told}: {', '.join(who)}" for told, who in changed.items()]
    yield from rename_all(text, at(root, "classes"), asked.labels)


def _left(asked: Asked, value: yaml.Node) -> bool:
    return asked.labels.get(str(value.value), str(value.value)) is not None


def _sql(text: str, rule: yaml.Node, asked: Asked, where: str, found: Edits) -> Iterator[Edit]:
    sql = at(rule, "sql")
    for old, new in asked.labels.items():
        if sql is None or _literal(old) not in str(sql.value):
            continue
        if new is None:
            raise TaskError(f"{where}: its SQL names {old!r}; take it out of there first")
        found.told.append(f"{where}: SQL names {new} instead of {old}")
        yield substitute(text, sql, _literal(old), _literal(new))


def _literal(name: str) -> str:
    """Write a text as SQL does."""
    return "'" + name.replace("'", "''") + "'"


def _python(text: str, asked: Asked, name: str, found: Edits) -> list[Edit]:
    return edit_python(text, asked.labels, name, _past(asked), found.told, found.by_hand)


def _prompt(text: str, asked: Asked, name: str, found: Edits) -> list[Edit]:
    edits, end = edit_prompt(text, asked.labels)
    if edits:
        found.told.append(f"{name}: {counted(len(edits), 'place')}")
    if end:
        found.by_hand += _in_words(text, name, asked, after=text[:end].count("\n") + 1)
    return edits


def _past(asked: Asked) -> str:
    return {"retire": "retired", "split": "split"}.get(asked.what, f"{asked.what}d")


Editor = Callable[[str, Asked, str, Edits], Iterable[Edit]]
