"""``dagster.yaml`` beside ``workspace.yaml``: what a project says of Dagster's own instance."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from resources.environment import secret
from resources.task.errors import TaskError

NAME = "dagster.yaml"
HISTORY = "history"
"""Folder of runs and events under Dagster's; where it stands, everything was made as a whole."""

ALLOWED = ("storage", "run_launcher", "compute_logs")
"""Dagster's own keys that a project may give; what else there is of them, Touchstone sets."""

ADDRESS = ("postgres_url", "postgres_db", "auth_provider")
"""Keys of ``storage.postgres``."""

INSTALL = "pip install 'touchstone[dagster-postgres]'"


def read_settings(project: Path) -> dict[str, Any]:
    """Return what ``dagster.yaml`` in the folder of a project says; nothing where it does not stand.

    Raises
    ------
    TaskError
        If it cannot be read, says what is not for it to say, holds a password, or names a variable
        of the environment that is not set.
    """
    path = project / NAME
    if not path.is_file():
        return {}
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise TaskError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    _only(path, said, "", ALLOWED)
    for name in ("run_launcher", "compute_logs"):
        if name in said:
            _only(path, said[name], name, ("module", "class", "config"))
    if "storage" in said:
        _only(path, said["storage"], "storage", ("postgres",))
        _check_address(path, postgres_of(said) or {})
    return said


def postgres_of(settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return which database holds the instance, as Dagster takes it; ``None`` for files of SQLite."""
    return settings["storage"]["postgres"] if "storage" in settings else None


def _check_address(path: Path, said: Any) -> None:
    _only(path, said, "storage.postgres", ADDRESS)
    if ("postgres_url" in said) == ("postgres_db" in said):
        raise TaskError(
            f"{path}: storage.postgres: say one of postgres_url and postgres_db, "
            "such as `postgres_url: {env: DAGSTER_POSTGRES}`"
        )
    for name, value in _values(said):
        if isinstance(value, Mapping) and set(value) == {"env"}:
            if secret(str(value["env"])) is None:
                raise TaskError(
                    f"{path}: storage.postgres.{name}: the variable {value['env']} is not set; "
                    "set it to what belongs there, in the shell or service that starts Touchstone"
                )
        elif name.endswith("password") or (name == "postgres_url" and _has_password(str(value))):
            raise TaskError(
                f"{path}: storage.postgres.{name} holds a password; keep it out of files of the project: "
                "name a variable (`{env: NAME}`), or let PGPASSWORD or ~/.pgpass give it"
            )
    if importlib.util.find_spec("dagster_postgres") is None:
        raise TaskError(
            f"{path}: storage.postgres needs the package dagster-postgres; install it with `{INSTALL}`"
        )


def _values(said: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Name each value, down to what is taken from the environment."""
    found: list[tuple[str, Any]] = []
    for name, value in said.items():
        if isinstance(value, Mapping) and set(value) != {"env"}:
            found += _values(value, f"{before}{name}.")
        else:
            found.append((f"{before}{name}", value))
    return found


def _has_password(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return True
    return parts.password is not None or "password=" in parts.query


def _only(path: Path, said: Any, of: str, allowed: tuple[str, ...]) -> None:
    """Refuse what is no mapping, or has other keys than those."""
    where = f"{path}: {of}" if of else f"{path}"
    if not isinstance(said, Mapping):
        raise TaskError(f"{where}: expected keys with values ({', '.join(allowed)})")
    strange = sorted(str(key) for key in said if key not in allowed)
    if strange:
        raise TaskError(
            f"{where}: {strange[0]} is not allowed here; allowed are {', '.join(allowed)}"
            + ("; everything else Touchstone sets" if not of else "")
        )
