"""The JSON of items' metadata as columns, the same ones whoever reads which part of a batch."""

import json
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from labeling.files.cells import as_text
from labeling.rules.arrow import pa


def spread(metadata: Sequence[str], types: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Turn JSON objects into columns, for rules to look at; values of mixed kinds become text.

    Parameters
    ----------
    metadata : sequence of str
        One JSON object an item.
    types : mapping of str to pa.DataType, optional
        The columns of the whole batch where these are a part of it, see :func:`whole`: each stands,
        also where no object of the part has it. One that cannot hold a value becomes text.

    Examples
    --------
    >>> spread(['{"likes": 1}', '{"likes": "many"}'])["likes"].to_pylist()
    ['1', 'many']
    >>> spread(['{"likes": 0.5}', '{"likes": true}'])["likes"].to_pylist()
    ['0.5', 'true']
    >>> spread(['{"likes": 1}'], {"likes": pa.string(), "channel": pa.string()})
    {'likes': <pyarrow.lib.StringArray ...>
    [
      "1"
    ], 'channel': <pyarrow.lib.StringArray ...>
    [
      null
    ]}
    """
    records: list[dict[str, Any]] = [json.loads(one) if one != "{}" else {} for one in metadata]
    names = dict.fromkeys(key for record in records for key in record)
    columns: dict[str, Any] = {}
    for name in names if types is None else dict.fromkeys((*types, *names)):
        values = [record.get(name) for record in records]
        columns[name] = _column(values, None if types is None else types.get(name))
    return columns


def whole(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the types that the columns of a batch have, given those of its parts.

    Where parts differ and no type holds both, as numbers and text, the column is text.

    Examples
    --------
    >>> whole([{"likes": pa.int64()}, {"likes": pa.float64(), "at": pa.null()}, {"at": pa.bool_()}])
    {'likes': DataType(double), 'at': DataType(bool)}
    >>> whole([{"likes": pa.int64()}, {"likes": pa.string()}])
    {'likes': DataType(string)}
    """
    found: dict[str, Any] = {}
    for name in dict.fromkeys(name for part in parts for name in part):
        kind = reduce(_both, (part[name] for part in parts if name in part))
        found[name] = pa.string() if kind is None else kind
    return found


def _both(one: Any, other: Any) -> Any:
    """Return the type that pyarrow gives values of both; None where there is none."""
    if one == other or one is None or pa.types.is_null(other):
        return one
    if other is None or pa.types.is_null(one):
        return other
    if {one, other} == {pa.int64(), pa.float64()}:
        return pa.float64()
    if pa.types.is_list(one) and pa.types.is_list(other):
        inner = _both(one.value_type, other.value_type)
        return None if inner is None else pa.list_(inner)
    if pa.types.is_struct(one) and pa.types.is_struct(other):
        fields = {field.name: field.type for field in one}
        for field in other:
            fields[field.name] = _both(fields.get(field.name, pa.null()), field.type)
        return None if None in fields.values() else pa.struct(list(fields.items()))
    return None


def _column(values: list[Any], kind: Any) -> Any:
    try:
        if kind is None or not pa.types.is_string(kind):
            found = pa.array(values, kind)
            if not _truth_as_number(values, found.type):
                return found
        elif pa.types.is_string((found := pa.array(values)).type):
            return found
    except (OverflowError, pa.ArrowInvalid, pa.ArrowTypeError):
        pass
    return pa.array([_said(value) for value in values], pa.string())


def _truth_as_number(values: Sequence[Any], kind: Any) -> bool:
    """Whether a true or false stands as 1.0 or 0.0: pyarrow reads them so after a number, and refuses them before one."""
    if pa.types.is_floating(kind):
        return any(isinstance(value, bool) for value in values)
    if pa.types.is_list(kind):
        inside = [one for value in values for one in value or ()]
        return _truth_as_number(inside, kind.value_type)
    if pa.types.is_struct(kind):
        records = [value for value in values if value]
        return any(
            _truth_as_number([one.get(field.name) for one in records], field.type) for field in kind
        )
    return False


def _said(value: Any) -> str | None:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return as_text(value)
