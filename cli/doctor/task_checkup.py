"""What ``touchstone doctor`` looks at in a task: its files, its keys, its database."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from assets.landing.lost_answers import lost_answers
from assets.landing.lost_reviews import lost_reviews
from assets.landing.moved_state import moved_state, unfinished_move
from assets.landing.other_texts import sentence
from cli.doctor.finding import Finding
from labeling.counted import counted
from labeling.errors import LabelingError
from labeling.files.columns import column_names
from labeling.files.found import find_files, state_of
from labeling.items.reading import read_items
from orchestration.faults.damage import damaged_files
from resources.environment import secret
from resources.pilots.promoted import nothing_promoted
from resources.store.place import named, size, stands
from resources.task.errors import DamagedError, TaskError
from resources.task.reading import former_places
from resources.task.task import Task, load_task, read_task

PATIENCE_S = 5.0


def task(folder: Path) -> Iterator[Finding]:
    """Whether a task's files can be read, its keys are there and its database opens."""
    try:
        found = read_task(folder)
    except TaskError as error:
        yield Finding(f"{folder.name}: task.yaml", "mend", str(error), "mend what is named")
        return
    once = ""
    try:
        found = load_task(folder)
    except TaskError as error:
        what = "task.yaml" if found.name != folder.name else "state"
        yield Finding(f"{folder.name}: {what}", "mend", str(error), "mend what is named")
        once = str(error)
    checks: tuple[tuple[str, Callable[[Task], Finding]], ...] = (
        ("rules", _rules),
        ("input", _input),
        ("truth", _truth),
        ("models", _models),
        ("zero_shot", _zero_shot),
        ("warehouse", warehouse),
        ("stores", _stores),
        ("scale", scale),
    )
    for name, check in checks:
        what = f"{folder.name}: {name}"
        try:
            told = check(found)
            yield Finding(what, told.state, told.found, told.todo)
        except LabelingError as error:
            if str(error) != once:
                yield Finding(what, "mend", str(error), "mend what is named")
        except ImportError as error:
            yield Finding(what, "mend", str(error), "rm .venv/.ready && make setup")
    if former := former_places(folder):
        told = f"{'; '.join(former)}; both are read"
        yield Finding(f"{folder.name}: task.yaml", "note", told, "move these lines under demo:")


def _rules(task: Task) -> Finding:
    from assets.votes.rule_sets import load_voters
    from labeling.rules.spans.pipelines.loading import pipeline_of
    from labeling.rules.spans.rule import SpanRule

    loaded = load_voters(task)
    for rule in loaded:
        if isinstance(rule, SpanRule):
            pipeline_of(
                rule
            )  # which is loaded where it votes, and may not be what the rule takes it for
    return Finding("", "fine", f"{counted(len(loaded), 'rule')}")


def _input(task: Task) -> Finding:
    """Whether every file or the query has the columns that task.yaml names, and times can be read."""
    source = task.spec.source
    if source.files is None:
        return _query(task)
    if not find_files(task.path(source.files)) and task.spec.demo.generator:
        return Finding("", "fine", "no file yet; the generator writes them in the first run")
    files = task.files()
    for name, path in files.items():
        columns = column_names(path)
        if missing := [column for column in task.columns.required if column not in columns]:
            found = f"{name} has no column {missing[0]!r}; it has {', '.join(columns)}"
            return Finding("", "mend", found, "correct the file, or the columns under source:")
    name, path = max(files.items(), key=lambda one: state_of(one[1]).st_mtime)
    arrived = read_items(path, task.columns, source.longest_text)
    told = f"{counted(len(files), 'file')}"
    if not arrived.rejected.num_rows:
        return Finding("", "fine", told)
    first = arrived.rejected.slice(0, 1).to_pylist()[0]
    rows = arrived.rejected.num_rows + arrived.rows.num_rows
    found = (
        f"{told}; {arrived.rejected.num_rows} of {rows} rows of {name} are set aside: "
        f"row {first['row']}, {first['field'] or 'record'}: {first['reason']}"
    )
    return Finding("", "note", found, f"touchstone quarantine {task.name} shows all, after a run")


def _query(task: Task) -> Finding:
    from resources.store.user_sql import UserSqlError, columns_of

    try:
        columns = columns_of(str(task.spec.source.query))
    except UserSqlError as error:
        first = str(error).splitlines()[0]
        return Finding("", "mend", f"the query cannot be run: {first}", "correct source.query")
    missing = [column for column in task.columns.required if column not in columns]
    if missing:
        told = f"the query gives no column {missing[0]!r}; it gives {', '.join(columns)}"
        return Finding("", "mend", told, "correct source.query, or the columns under source:")
    return Finding("", "fine", f"a query of {counted(len(columns), 'column')}")


def _truth(task: Task) -> Finding:
    """Whether what scripted reviewers and simulated models go by can be read."""
    scripted = task.spec.demo.scripted
    simulated = task.spec.demo.simulated
    patterns = [one.truth for one in (scripted, simulated) if one is not None]
    if not patterns:
        return Finding("", "fine", "none needed; people answer")
    gone = [pattern for pattern in patterns if not find_files(task.path(pattern))]
    if gone and task.spec.demo.generator and not (task.var / "inbox").is_dir():
        return Finding("", "fine", "no file yet; the generator writes them in the first run")
    if gone:
        where = "demo.scripted" if scripted and scripted.truth == gone[0] else "demo.simulated"
        found = f"{where}.truth: no file matches {task.path(gone[0])}"
        return Finding("", "mend", found, f"put it there, or take {where} out of task.yaml")
    if scripted is None:
        return Finding("", "fine", "stands")
    from assets.people.scripted import read_truth

    return Finding("", "fine", f"of {counted(len(read_truth(task, scripted)), 'item')}")


def _models(task: Task) -> Finding:
    models = task.spec.models
    if models is None:
        return Finding("", "fine", "none; rules alone")
    if unasked := nothing_promoted(task):
        return Finding("", "note", unasked.partition("; next")[0], f"touchstone pilot {task.name}")
    from assets.votes.cascade import steps_of
    from resources.models.task_models import prompts_of

    prompts = prompts_of(task)
    steps_of(task, prompts)
    voters = ", ".join(prompt.model for prompt in prompts)
    variable = models.api_key_variable
    if task.spec.demo.simulated is not None:
        return Finding("", "fine", f"{voters}; simulated, needs no key")
    if variable is None:
        todo = "name the key's variable in models.api_key_variable, if the model needs one"
        return Finding("", "note", f"{voters}; task.yaml names no key", todo)
    if secret(variable) is None:
        return Finding("", "mend", f"{voters}; {variable} is not set", f"export {variable}=...")
    return Finding("", "fine", f"{voters}; {variable} is set")


def _zero_shot(task: Task) -> Finding:
    """Whether models that compare items with words can be loaded."""
    from resources.sources.zero_shot import load_models

    voters = load_models(task)
    return Finding("", "fine", f"{', '.join(voters)}; loaded" if voters else "none")


def warehouse(task: Task) -> Finding:
    """Whether the tables of a task open, and rows of each can be read."""
    if not stands(task):
        return Finding("", "fine", "not made yet; the first run makes it")
    from resources.store.warehouse import warehouse_of

    where = named(task)
    if Path(where).exists() and not os.access(where, os.W_OK):
        return Finding("", "mend", f"{where} is read-only", "give yourself the right")
    try:
        warehouse_of(task, PATIENCE_S).read_a_row_of_each_table()
    except DamagedError as error:
        return Finding("", "mend", f"does not open: {error}", f"touchstone reset {task.name}")
    except TaskError as error:
        return Finding("", "note", str(error), "look again when it has ended")
    mb = f", {of / 1e6:.1f} MB" if (of := size(task)) is not None else ""
    return Finding(
        "", "fine", f"opens{mb}{'' if task.spec.store.lake is None else f'; a lake, {where}'}"
    )


def scale(task: Task) -> Finding:
    """Whether the engine that works on parts answers, and its workers are like this process."""
    from resources.engines.engine import engine_of

    with engine_of(task, answers_s=PATIENCE_S) as engine:
        return Finding("", "fine", engine.told())


def _lost(task: Task) -> str | None:
    from resources.store.warehouse import warehouse_of

    with contextlib.suppress(TaskError):  # a database that does not open has a line of its own
        warehouse = warehouse_of(task, PATIENCE_S)
        return lost_reviews(task, warehouse) or next(lost_answers(task, warehouse), None)
    return None


def state_elsewhere(task: Task) -> Finding | None:
    """Tell of a move of the state that was not finished, or of answers that lie where task.yaml does not look."""
    if (open_move := unfinished_move(task)) is not None:
        return Finding("", "mend", *open_move)
    if (moved := moved_state(task)) is not None:
        return Finding("", "mend", moved, "bring the answers over, or give them up, as it says")
    return None


def _stores(task: Task) -> Finding:
    """Whether the files of reviews, answers, alarms, runs and results are whole."""
    found = damaged_files(task)
    if found:
        return Finding("", "mend", f"{found[0].path}: {found[0].fault}", found[0].remedy)
    if (elsewhere := state_elsewhere(task)) is not None:
        return elsewhere
    if (lost := _lost(task)) is not None:
        return Finding("", "mend", lost, "put a backup in its place")
    if aside := sentence(task):
        return Finding("", "note", aside, "put the texts back, or answer these items anew")
    return Finding("", "fine", "reviews, answers, alarms and results are whole")
