"""DuckDB's extensions as Python packages bring them: nothing is downloaded."""

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

import duckdb

from resources.task.errors import TaskError

INSTALL = "pip install 'touchstone[lake]'"

OFFLINE: Mapping[str, str] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
"""Settings of DuckDB: what is not installed is said, and not fetched from an address."""


def load(db: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    """Load extensions, each from the package ``duckdb-extension-NAME``.

    Raises
    ------
    TaskError
        If a package is missing, or holds the extension for another version of DuckDB.
    """
    for name in names:
        db.execute(f"load '{_path(name)}'")


def _path(name: str) -> Path:
    package = f"duckdb-extension-{name.replace('_', '-')}"
    found = find_spec(f"duckdb_extension_{name}")
    if found is None or found.origin is None:
        raise TaskError(f"store.lake needs the package {package}, which is missing: {INSTALL}")
    folder = Path(found.origin).parent / "extensions"
    path = folder / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not path.is_file():
        versions = ", ".join(sorted(one.name.removeprefix("v") for one in folder.glob("v*")))
        raise TaskError(
            f"store.lake: {package} is for duckdb {versions or 'of no version'}, and duckdb here is "
            f"{duckdb.__version__}: {INSTALL} brings both"
        )
    return path
