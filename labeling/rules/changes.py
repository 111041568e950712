"""What changed between two versions of the votes: which rules, on which items."""

from dataclasses import dataclass
from typing import Any

from labeling.rules.arrow import Table, pa, pc


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """The difference between two vote tables.

    Parameters
    ----------
    rules : pa.Table
        A row for each voter whose version changed, or that is new or gone: ``voter``,
        ``version_before``, ``version_after`` (null where there is none), ``kept`` (same label
        before and after), ``gained``, ``lost`` and ``changed`` (numbers of items).
    items : pa.Table
        ``voter``, ``item_id``, ``label_before``, ``label_after``: a row for each vote that was
        gained, lost or changed.
    """

    rules: Table
    items: Table


def changes(before: Table, after: Table) -> Changes:
    """Compare the votes of rules on the same items before and after a change.

    Parameters
    ----------
    before, after : pa.Table
        ``item_id``, ``voter``, ``version``, ``label``, without abstentions.

    Examples
    --------
    >>> old = {"item_id": ["a", "b"], "voter": ["rule/x"] * 2, "version": ["1"] * 2, "label": ["S"] * 2}
    >>> new = {"item_id": ["b", "c"], "voter": ["rule/x"] * 2, "version": ["2"] * 2, "label": ["S"] * 2}
    >>> changes(pa.table(old), pa.table(new)).items.to_pylist()[0]["item_id"]
    'a'
    """
    names = ["item_id", "voter", "version", "label"]
    old = before.select(names).rename_columns(
        ["item_id", "voter", "version_before", "label_before"]
    )
    new = after.select(names).rename_columns(["item_id", "voter", "version_after", "label_after"])
    both = old.join(new, keys=["voter", "item_id"], join_type="full outer")
    differs = pc.fill_null(pc.not_equal(both["label_before"], both["label_after"]), True)
    items = (
        both.filter(differs)
        .select(["voter", "item_id", "label_before", "label_after"])
        .sort_by([("voter", "ascending"), ("item_id", "ascending")])
    )
    versions_before, versions_after = _versions(before), _versions(after)
    counts = _counts(both)
    rows: list[dict[str, Any]] = []
    for voter in sorted(versions_before.keys() | versions_after.keys()):
        was, now = versions_before.get(voter), versions_after.get(voter)
        if was != now:
            rows.append(
                {"voter": voter, "version_before": was, "version_after": now, **counts[voter]}
            )
    schema = pa.schema(
        [("voter", pa.string()), ("version_before", pa.string()), ("version_after", pa.string())]
        + [(name, pa.int64()) for name in ("kept", "gained", "lost", "changed")]
    )
    return Changes(pa.Table.from_pylist(rows, schema=schema), items)


def _versions(votes: Table) -> dict[str, str]:
    pairs = votes.group_by(["voter"]).aggregate([("version", "max")])
    return dict(zip(pairs["voter"].to_pylist(), pairs["version_max"].to_pylist(), strict=True))


def _counts(both: Table) -> dict[str, dict[str, int]]:
    gained, lost = pc.is_null(both["label_before"]), pc.is_null(both["label_after"])
    kept = pc.fill_null(pc.equal(both["label_before"], both["label_after"]), False)
    changed = pc.fill_null(pc.not_equal(both["label_before"], both["label_after"]), False)
    table = pa.table(
        {"voter": both["voter"], "kept": kept, "gained": gained, "lost": lost, "changed": changed}
    )
    sums = table.group_by(["voter"]).aggregate(
        [(name, "sum") for name in ("kept", "gained", "lost", "changed")]
    )
    return {
        row["voter"]: {n: row[f"{n}_sum"] for n in ("kept", "gained", "lost", "changed")}
        for row in sums.to_pylist()
    }
