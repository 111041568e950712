"""A task's state brought to another place: from its files to PostgreSQL, to another database, or back.

A mark in the task's var folder says what is under way. Whatever is killed leaves a task that works where
task.yaml says: at the old place until the copy is whole, compared and committed, at the new one after. The next move
takes out a copy that came too early, or puts away what was left behind.
"""

import json
import secrets
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from assets.landing.moved_state import mark_of_move, moved_state, note_state, noted_places
from labeling.counted import counted
from labeling.errors import LabelingError
from labeling.files.sqlite import rescue
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.ledger.statements import DISOWN
from labeling.state.faults import REFUSED, StateGoneError
from labeling.state.moving import files, schema
from labeling.state.moving.copying import Copied, copy_states
from labeling.state.moving.kept import NotMovedError
from orchestration.changes.resetting import PATIENCE_S, refuse_if_run
from orchestration.changes.said_anew import said_anew
from orchestration.changes.states import states_of
from orchestration.turn import turn
from resources.dagster.instance import instance_of
from resources.dagster.living import end_lost_runs
from resources.dagster.machines.database import Database as Dagster
from resources.dagster.machines.signs import DAEMON, holders
from resources.reviews.schema import Database
from resources.task.classes.files import replace as write_whole
from resources.task.errors import DamagedError, TaskError
from resources.task.settings.state import State
from resources.task.task import Task, load_task

HELD = "from leases where state = 'out' and ends_us > {now_us}"


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did: where the state is kept now, what was copied, and where the old rows stand.

    ``copied`` and ``aside`` are ``None`` if it was kept there already.
    """

    to: str
    copied: Copied | None = None
    aside: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A move that is under way: both addresses (``None``: files), its token, and what the old place is to be called."""

    old: str | None
    new: str | None
    token: int
    aside: str


def move_state(task: Task, postgres: str | None) -> Moved:
    """Bring the state of a task to a database, or into files, and let task.yaml say so.

    Parameters
    ----------
    postgres : str, optional
        As task.yaml is to name it; into files without one.

    Raises
    ------
    TaskError
        If somebody works on the task, or task.yaml names another place than the last run knew.
    LabelingError
        If a place cannot be read or written, rows stand at the new one, or the copy differs.
    """
    with turn(task, lambda _: None, PATIENCE_S) as task, _no_up(task):
        with instance_of(task) as instance:
            _refuse_if_daemon(task)
            end_lost_runs(instance, task.name)
            refuse_if_run(task, instance)
        _settle(task)
        if (told := moved_state(task)) is not None:
            raise TaskError(told)
        there = _at(task, postgres)
        if there.state == task.state:
            return Moved(_named(task))
        _refuse_if_held(task)
        text = said_anew(
            task.folder / "task.yaml", "state", {"postgres": postgres} if postgres else None
        )
        try:
            _bring_up_to_date(task)
            return _move(task, there, text)
        except REFUSED as error:
            raise TaskError(
                f"the state of {task.name} was not moved, and stands where it stood: {error}"
            ) from None


def _move(task: Task, there: Task, text: str) -> Moved:
    mark = Mark(_address(task), _address(there), 1 + secrets.randbelow(2**31 - 1), _aside(task))
    try:
        with _old(task) as here:
            note_state(task, task.state)
            _write(task, mark)
            copied = _copy(task, there, here, mark.token)
            note_state(task, task.state, there.state)  # both are whole: task.yaml decides
            with _put_aside(here, task, there, mark):
                write_whole(task.folder / "task.yaml", text)  # from here on the copy counts
    except BaseException:
        with suppress(LabelingError, REFUSED):
            _settle(load_task(task.folder))
        raise
    _end(there)
    aside = mark.aside if _address(task) is None else f"schema {mark.aside}"
    return Moved(_named(there), copied, aside)


def _copy(task: Task, there: Task, here: files.Files | schema.Schema, token: int) -> Copied:
    states, new = states_of(task), states_of(there)
    if _address(there) is None:
        _refuse_filled_files(there)
        with files.new_files(new) as target:
            copied = copy_states(here, target, states, new)
            target.sign(token)
            target.arrive()
        return copied
    with schema.new_schema(new) as target:
        copied = copy_states(here, target, states, new)
        target.arrive(new, token)
    return copied


def _settle(task: Task) -> None:
    """Go on with a move that was killed, or take back what it had copied too early."""
    path = mark_of_move(task)
    if not path.is_file():
        return
    mark = Mark(**json.loads(path.read_text(encoding="utf-8")))
    old, new = _at(task, mark.old), _at(task, mark.new)
    if task.state == new.state in noted_places(task):
        if mark.old is None or not schema.moved(states_of(old)):
            with _old(old) as here, _put_aside(here, old, new, mark):
                pass
        _end(new)
        return
    if task.state == old.state:
        with suppress(StateGoneError):  # where it does not answer nothing more can be done
            _take_back(new, mark.token)
        note_state(task, old.state)
    path.unlink()


def _take_back(new: Task, token: int) -> None:
    """Take out a copy that task.yaml never named."""
    states = states_of(new)
    if _address(new) is None:
        files.remove_unfinished(states)
        for path in files.signed(states, token):
            files.remove(path)
    elif schema.signed(states, token):
        schema.remove(states)


@contextmanager
def _old(task: Task) -> Generator[files.Files | schema.Schema]:
    held = files.old_files if _address(task) is None else schema.old_schema
    with held(states_of(task), PATIENCE_S) as here:
        yield here


@contextmanager
def _put_aside(
    here: files.Files | schema.Schema, task: Task, there: Task, mark: Mark
) -> Generator[None]:
    """Put the old place aside at the end; what might be refused is tried before."""
    if isinstance(here, schema.Schema):
        here.put_aside(mark.aside, _named(there))
        yield
        here.commit()
    else:
        Path(mark.aside).mkdir(exist_ok=True)
        yield
        files.put_aside(states_of(task), Path(mark.aside))


def _aside(task: Task) -> str:
    """Return what the old place is to be called."""
    if _address(task) is None:
        return str(task.var / f"state-{datetime.now(UTC):%Y-%m-%dT%H%M%S}")
    return schema.free_name(states_of(task), f"touchstone_moved_{task.name}")


def _bring_up_to_date(task: Task) -> None:
    """Let a state of an earlier version have today's columns, and end requests that nobody waits for.

    Raises
    ------
    DamagedError
        Naming a file that cannot be read, and how what is left of it is saved.
    """
    for state in states_of(task):
        if state.place.file is not None and (told := state.place.fault()) is not None:
            raise DamagedError(f"{state.place} is damaged ({told}): {rescue(state.place.file)}")
    if task.reviews.exists():
        Database(task.reviews).close()
    for state in states_of(task)[1:]:
        if state.place.exists():
            state.make()
    if task.ledger.exists():
        with open_ledger(task.ledger) as ledger, ledger.spending(PATIENCE_S):
            ledger.execute(DISOWN)


def _refuse_if_held(task: Task) -> None:
    held = task.reviews.count(HELD.format(now_us=time.time_ns() // 1000))
    if held:
        raise TaskError(
            f"{counted(held, 'item')} of {task.name} {'are' if held > 1 else 'is'} in people's hands: end the "
            "consoles, and move the state when the leases have ended, after ten minutes at most"
        )


def _refuse_filled_files(there: Task) -> None:
    for state in states_of(there):
        for table in state.tables():
            if state.place.count(f"from {table.name}"):
                raise NotMovedError(
                    f"{state.place} is not empty: its table {table.name} holds rows, which nothing is added "
                    "to; move that file away first"
                )


@contextmanager
def _no_up(task: Task) -> Generator[None]:
    """Keep ``touchstone up`` away: what it has begun remembers the old place."""
    lock = FileLock(task.var.parent / "up.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise TaskError(
            f"`touchstone up` runs on {task.var.parent}; end it, and move the state then"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _refuse_if_daemon(task: Task) -> None:
    """Ask that the daemon of an instance that machines share is ended, and what serves code to it: both remember."""
    database = Dagster.of_project(task.project)
    for who in holders(database, DAEMON).values() if database is not None else ():
        raise TaskError(
            f"Dagster's daemon works on {task.project.name}: {who}; end it and the code servers, which remember where "
            "the state was, move it, and start them again"
        )


def _at(task: Task, postgres: str | None) -> Task:
    state = State(postgres=postgres)
    return replace(task, spec=task.spec.model_copy(update={"state": state}))


def _named(task: Task) -> str:
    return f"files in {task.var}" if _address(task) is None else task.state


def _address(task: Task) -> str | None:
    return task.spec.state.postgres


def _end(there: Task) -> None:
    note_state(there, there.state)
    mark_of_move(there).unlink()


def _write(task: Task, mark: Mark) -> None:
    path = mark_of_move(task)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(asdict(mark)), encoding="utf-8")
    unfinished.replace(path)
