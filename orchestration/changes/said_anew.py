"""One section of a task.yaml written anew; all else stays as it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from labeling.files.yaml_lines import compose
from resources.task.classes.yaml_edits import Edit, apply, pairs, remove
from resources.task.errors import TaskError


def said_anew(path: Path, section: str, says: Mapping[str, Any] | None) -> str:
    r"""Return the text of a task.yaml with another section; all else stays as it is.

    Parameters
    ----------
    path : Path
        The task.yaml.
    section : str
        Such as ``store``.
    says : mapping, optional
        What stands under it; the section is taken out without one.

    Raises
    ------
    TaskError
        If it is written in brackets, as JSON is.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "task.yaml"
    >>> _ = path.write_text("name: a\n")
    >>> said_anew(path, "state", {"postgres": "postgres://me@db.example/labels"})
    'name: a\n\nstate:\n  postgres: postgres://me@db.example/labels\n'
    """
    text = path.read_text(encoding="utf-8")
    root = compose(path, TaskError)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise TaskError(
            f"{path} is written in brackets; write fields on lines of their own, as in YAML"
        )
    new = (
        "" if says is None else yaml.safe_dump({section: says}, sort_keys=False, allow_unicode=True)
    )
    place = next((at for at, (key, _) in enumerate(pairs(root)) if key.value == section), None)
    if place is None:
        return f"{text.rstrip()}\n\n{new}" if new else text
    old = remove(text, root, place)
    return apply(text, [Edit(old.start, old.end, new)])
