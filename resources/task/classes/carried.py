"""Changes of classes carried over to a state that names classes: each once, none forgotten."""

from collections.abc import Callable, Sequence
from contextlib import closing

from labeling.class_changes import ClassChange
from labeling.state.connection import Connection
from labeling.state.place import Place

Carry = Callable[[Connection, ClassChange], None]


def carry_state(place: Place, changes: Sequence[ClassChange], table: str, carry: Carry) -> None:
    """Make the changes that a state has not seen, once; it counts them.

    Parameters
    ----------
    place : Place
        One where nothing was ever kept has nothing to be carried over.
    table : str
        What names classes; changes from before it stood mean nothing to it.
    carry : callable
        Makes one change, inside a transaction.
    """
    if not place.exists():
        return
    with closing(place.open()) as db:
        db.execute("begin immediate")
        done = place.version(db)
        for change in changes[done:] if place.has(table, db) else ():
            carry(db, change)
        place.keep_version(db, len(changes))
        db.execute("commit")
