"""What a column of some table holds: its values counted, renamed, summed, whichever table it is."""

from collections.abc import Collection, Mapping, Sequence

from labeling.quality.alarms.keys import key_prefix
from labeling.quality.alarms.signal_names import of_class, signal_today
from resources.store.session import Session
from resources.store.table import Table


def values(db: Session, tables: Sequence[Table], column: str) -> list[str]:
    """Return every value that a column has in any of the tables, in order."""
    union = " union ".join(f'select "{column}" as said from {table.sql_name}' for table in tables)
    return [row[0] for row in db.db.execute(f"from ({union}) order by said").fetchall()]


def count(db: Session, table: Table, column: str) -> dict[str, int]:
    """Count the rows that say each value of a column, by the order of values; null is none."""
    return dict(
        db.db.execute(
            f'select "{column}", count(*) from {table.sql_name} where "{column}" is not null'
            " group by all order by all"
        ).fetchall()
    )


def rename(db: Session, table: Table, column: str, moves: Mapping[str, str | None]) -> None:
    """Put new names in the place of old ones; a row whose name has none goes."""
    gone = [old for old, new in moves.items() if new is None]
    known = {old: new for old, new in moves.items() if new is not None}
    if gone:
        db.delete(table, **{column: gone})
    if known:
        db.db.execute(
            f'update {table.sql_name} set "{column}" = $new[list_position($old, "{column}")]'
            f' where list_contains($old, "{column}")',
            {"old": list(known), "new": list(known.values())},
        )


def rename_series(db: Session, table: Table, column: str, moves: Mapping[str, str | None]) -> None:
    """The same for ``class/NAME``, keys of its alarms and, of a signal, ``voter/VOTER/NAME``."""
    for old, new in moves.items():
        before, after = f"class/{old}", None if new is None else f"class/{new}"
        is_class = f"{column} = $class"
        if column == "alarm_id":
            before, after = key_prefix(before), None if after is None else key_prefix(after)
            is_class = f"starts_with({column}, $class)"
        of_voter = f"(starts_with({column}, 'voter/') and ends_with({column}, $old))"
        if after is None:
            db.db.execute(f"delete from {table.sql_name} where {is_class}", {"class": before})
            continue
        db.db.execute(
            f"update {table.sql_name} set {column} = case when starts_with({column}, 'class/')"
            f" then $after || {column}[length($class) + 1 :]"
            f" else {column}[: length({column}) - length($old)] || $new end"
            f" where {is_class} or {of_voter if column == 'signal' else 'false'}",
            {"class": before, "after": after, "old": of_class(old), "new": of_class(str(new))},
        )


def rename_signals(
    db: Session, table: Table, voters: Collection[str], classes: Collection[str]
) -> None:
    """Give signals of voters that an earlier version named the names of today."""
    moves = {old: signal_today(old, voters, classes) for old in count(db, table, "signal")}
    rename(db, table, "signal", {old: new for old, new in moves.items() if new != old})


def pool(
    db: Session,
    table: Table,
    column: str,
    places: Sequence[Sequence[int]],
    *,
    several: bool = False,
) -> None:
    """Sum the probabilities of what became one; what went with the rest is shared out.

    Of ``several`` classes an item each has a probability of its own: that of one of those that became
    one is that of the likeliest, and what went takes no other's share.

    Parameters
    ----------
    places : sequence of sequence of int
        For each new place those of old, from 0, that it is the sum of.
    """
    if several:
        most = ", ".join(
            f"greatest({', '.join(f'{column}[{i + 1}]' for i in into)})" if into else "0.0"
            for into in places
        )
        db.db.execute(f"update {table.sql_name} set {column} = [{most}] where {column} is not null")
        return
    sums = ", ".join(" + ".join(f"{column}[{i + 1}]" for i in into) or "0.0" for into in places)
    db.db.execute(
        f"update {table.sql_name} set {column} ="
        f" list_transform([{sums}], lambda x: x / greatest(list_sum([{sums}]), 1e-300))"
        f" where {column} is not null"
    )


def forget_same(db: Session, table: Table, one: str, other: str) -> None:
    """Take out the rows in which two columns say the same."""
    db.db.execute(f'delete from {table.sql_name} where "{one}" = "{other}"')
