"""``touchstone new``: a commented task that runs as it is."""

import re
import shutil
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console
from rich.markup import escape

from cli.new.schema import write_schemas
from resources.task.errors import TaskError

EXAMPLE = Path(__file__).parent / "example"
EXAMPLE_SEVERAL = Path(__file__).parent / "example_several"
EXAMPLE_SPANS = Path(__file__).parent / "example_spans"
EXAMPLE_IMAGES = Path(__file__).parent / "example_images"
"""Tasks named like their folders; a new one is a copy of one under another name."""


class Kind(StrEnum):
    """What is asked about an item of the example, as ``kind:`` says it."""

    SINGLE = "single"
    SEVERAL = "several"
    SPANS = "spans"


OF_KIND: Mapping[Kind, Path] = {
    Kind.SINGLE: EXAMPLE,
    Kind.SEVERAL: EXAMPLE_SEVERAL,
    Kind.SPANS: EXAMPLE_SPANS,
}

ALLOWED = re.compile(r"[a-z][a-z0-9_]{0,40}")
RESERVED = ("dagster",)
"""Folders under var/ that are no task's."""

WORKSPACE = "# One code location a labelling task.\nload_from:\n"

EXAMPLES = (
    "new invoices",
    "new letters --kind several",
    "new notes --kind spans",
    "new walls --images",
)


def new(
    name: Annotated[str, typer.Argument(help="Small letters, digits and _; begins with a letter.")],
    kind: Annotated[
        Kind,
        typer.Option(
            "--kind",
            help="One class an item; several: any number of them, or none; spans: stretches of its text.",
        ),
    ] = Kind.SINGLE,
    images: Annotated[
        bool, typer.Option("--images", help="Write an example on pictures instead of texts.")
    ] = False,
) -> None:
    """Write a commented task to tasks/NAME that runs as it is, and add it to workspace.yaml."""
    if images and kind is not Kind.SINGLE:
        raise TaskError(
            f"the example on pictures is of kind {Kind.SINGLE}; leave out --images or --kind, "
            "and change task.yaml afterwards: pictures may have several classes, too"
        )
    project = Path.cwd()
    folder = create(project, name, EXAMPLE_IMAGES if images else OF_KIND[kind])
    console = Console()
    console.print(f"[green]wrote[/] {escape(str(folder))}", soft_wrap=True)
    for what, path in (
        ("classes, source, alarm", "task.yaml"),
        ("rules", "rules.yaml, rules.py"),
        ("for reviewers", "guidelines.md"),
        ("for language models", "prompts/look.md" if images else "prompts/classify.md"),
        ("48 items to try it on", "items/"),
        *((("their pictures", "pictures/"),) if images else ()),
    ):
        console.print(f"  {path:<22}{what}", highlight=False)
    console.print(
        f"[green]added[/] it to {escape(str(project / 'workspace.yaml'))}, for Dagster",
        soft_wrap=True,
    )
    console.print(
        f"Run it: [bold]touchstone run {name}[/]. Then put your own files into items/"
        f"{' and pictures/' if images else ''} and change the rest.",
        soft_wrap=True,
    )


def create(project: Path, name: str, example: Path = EXAMPLE) -> Path:
    """Write a copy of an example and its code location; all of it, or nothing.

    Returns
    -------
    Path
        The task's folder.

    Raises
    ------
    TaskError
        If the name is not allowed or taken, or workspace.yaml cannot be added to.
    """
    if not ALLOWED.fullmatch(name) or name in RESERVED:
        raise TaskError(
            f"{name!r} cannot be the name of a task: allowed are small letters, digits and _, "
            f"beginning with a letter, at most 41 characters, and not {RESERVED[0]!r}"
        )
    folder = project / "tasks" / name
    if folder.exists():
        raise TaskError(f"{folder} stands already; choose another name, or delete it first")
    workspace = project / "workspace.yaml"
    located = _with_location(workspace, name)
    half = folder.with_name(f".{name}.part")
    shutil.rmtree(half, ignore_errors=True)
    try:
        shutil.copytree(example, half, ignore=shutil.ignore_patterns("__pycache__"))
        path = half / "task.yaml"
        text = path.read_text(encoding="utf-8")
        text = text.replace(f"\nname: {example.name}", f"\nname: {name}").replace(
            f"run {example.name}`", f"run {name}`"
        )
        path.write_text(text, encoding="utf-8")
        if example == EXAMPLE_IMAGES:
            from cli.new.drawing import draw_walls

            draw_walls(half)
        half.rename(folder)
        write_schemas(project)
        beside = workspace.with_name(".workspace.yaml.part")
        beside.write_text(located, encoding="utf-8")
        beside.replace(workspace)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        raise TaskError(f"{folder} cannot be written: {error}") from None
    return folder


def _with_location(workspace: Path, name: str) -> str:
    """Return the text of workspace.yaml with the task added behind the last one."""
    text = workspace.read_text(encoding="utf-8") if workspace.is_file() else WORKSPACE
    entry = (
        "- python_file:",
        f"    relative_path: tasks/{name}/definitions.py",
        f"    location_name: {name}",
    )
    by_hand = "add these lines under load_from by hand:\n" + "\n".join(f"  {e}" for e in entry)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise TaskError(f"{workspace} is not valid YAML ({error}); mend it first") from None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found = next((value for key, value in pairs if key.value == "load_from"), None)
    lines = text.splitlines()
    if isinstance(found, yaml.SequenceNode) and found.value and not found.flow_style:
        indent, after = found.start_mark.column, _last_line(found)
    elif isinstance(found, yaml.ScalarNode) and not found.value:
        indent, after = 2, found.start_mark.line
    else:
        raise TaskError(f"{workspace} has no list load_from that could be added to; {by_hand}")
    located = [*lines[: after + 1], *(" " * indent + line for line in entry), *lines[after + 1 :]]
    result = "\n".join(located) + "\n"
    taken = [_name_of(one) for one in yaml.safe_load(result)["load_from"]]
    if taken.count(name) > 1:
        raise TaskError(f"{workspace} has a code location {name!r} already; choose another name")
    return result


def _last_line(node: yaml.Node) -> int:
    """Line, from 0, of the last scalar in ``node``; what follows may be comments."""
    while isinstance(node, yaml.CollectionNode) and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node.end_mark.line


def _name_of(location: dict[str, dict[str, str]]) -> str | None:
    inner = next(iter(location.values()), None)
    return inner.get("location_name") if isinstance(inner, dict) else None
