"""Names in a change of classes: which there were, which there will be, and which cannot be."""

import shlex
import unicodedata
from collections.abc import Collection

from labeling.look_alikes import difference, quoted, spelling
from resources.task.classes.asked import Asked
from resources.task.errors import TaskError
from resources.task.settings.schema import NO_CLASSES
from resources.task.task import Task


def classes_before(task: Task, asked: Asked, counted: Collection[str]) -> tuple[str, ...]:
    """Return the classes as they were, if somebody has changed task.yaml by hand already, too."""
    if task.changes:
        return task.changes[-1].classes
    listed = [c.name for c in task.spec.classes]
    hand_made = [n for n in asked.new if n in listed and n not in counted and n not in asked.old]
    missing = [n for n in asked.old if n in counted and n not in listed]
    if hand_made and missing:
        listed[listed.index(hand_made[0])] = missing[0]
        listed = [n for n in listed if n not in hand_made[1:]]
    return tuple(dict.fromkeys((*listed, *missing)))


def classes_after(
    asked: Asked, before: tuple[str, ...], listed: tuple[str, ...], fewest: int = 2
) -> tuple[str, ...]:
    """Return the classes as they will be, at least ``fewest``.

    A name that is new in task.yaml stays out while another class is missing there: it may be what
    that one is called now, and a class that is recorded cannot be the name of another.

    Raises
    ------
    TaskError
        If a name is no class or cannot be one, or too few would be left.
    """
    strangers = [name for name in asked.old if name not in before]
    if strangers:
        raise TaskError(f"{strangers[0]!r} is no class; there are {', '.join(before)}")
    if len(set(asked.new)) != len(asked.new):
        raise TaskError(f"the new classes {', '.join(asked.new)} are not different")
    taken = [n for n in asked.new if n in before and n not in asked.old]
    if taken and asked.what == "rename":
        raise TaskError(
            f"{taken[0]!r} is a class already; to make one of both: "
            f"`touchstone classes merge {shlex.quote(asked.old[0])} --into {shlex.quote(taken[0])}`"
        )
    if taken and asked.what == "split":
        raise TaskError(f"{taken[0]!r} is a class already; a class is split into new ones")
    if asked.what == "rename" and asked.old == asked.new:
        raise TaskError(f"{asked.old[0]!r} is called so already")
    for name in asked.new:
        on_a_line = all(unicodedata.category(sign) not in ("Cc", "Zl", "Zp") for sign in name)
        if not 0 < len(name) <= 80 or name != name.strip() or not on_a_line:
            raise TaskError(
                f"{name!r} is no name for a class: 1 to 80 characters on one line, no blanks around"
            )
        if name in NO_CLASSES:
            raise TaskError(f"{name!r} is how tables name what is no class; take another name")
    after = asked.after(before)
    if len(after) < fewest:
        least = "a class" if fewest == 1 else f"at least {fewest} classes"
        raise TaskError(f"a task needs {least}; {', '.join(after) or 'none'} would be left")
    for name in asked.new:
        alike = [c for c in after if c != name and spelling(c) == spelling(name)]
        if alike and name not in before:
            raise TaskError(
                f"{quoted(name)} and the class {quoted(alike[0])} differ only in "
                f"{difference(name, alike[0])}, and people would take them for one; take another name"
            )
    by_hand = any(name not in listed for name in before if name not in asked.old)
    unknown = [n for n in listed if n not in before and n not in after and not by_hand]
    return (*after, *unknown)
