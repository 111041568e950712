"""What dbt read of its project for one task, told again for the next of a test.

dbt reads its project anew for each task it meets, since its variables name the task's files: six
seconds that nobody looks at. All that differs is where those files lie. dbt still compares every
file of the project with what was read, and reads anew what changed.
"""

import inspect
import json
from functools import cache
from pathlib import Path
from typing import Any

PATHS = ("warehouse", "published")
FIRST = "read_first"


def warm_up(transforms: Path) -> None:
    """Have dbt make what it makes at the first look at any project, and needs in every call.

    No thread may be left by then, since a fork would have none. DuckDB starts one on import, for a
    connection of its own that dbt never asks for, and ends it with that connection.
    """
    import duckdb  # which the other servers of the tests do without

    duckdb.default_connection().close()
    from dbt.adapters.duckdb.credentials import DuckDBCredentials
    from dbt.adapters.factory import FACTORY
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.project import (
        Configuration,
        PackageConfig,
        ProfileConfig,
        Project,
        ProjectFlags,
    )
    from dbt.contracts.selection import SelectorFile
    from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder
    from dbt.task.build import BuildTask
    from dbt_common.events import functions

    FACTORY.load_plugin("duckdb")
    for one in (
        Configuration, DuckDBCredentials, PackageConfig, ProfileConfig, Project, ProjectFlags,
        SelectorFile,
    ):  # fmt: skip
        one.json_schema()
    functions.env_secrets = cache(functions.env_secrets)  # two looks at all of it an event
    inspect.getmodule(BuildTask.run.__code__)  # looks for the files of all modules
    read = transforms / "target" / "partial_parse.msgpack"
    if read.is_file():
        manifest = Manifest.from_msgpack(read.read_bytes(), decoder=extended_mashumuro_decoder)
        manifest.to_msgpack(extended_mashumaro_encoder)  # type: ignore[arg-type]
        for one in (
            *manifest.nodes.values(),
            *manifest.sources.values(),
            *manifest.macros.values(),
        ):
            one.to_dict(omit_none=False)


def remember(folder: Path) -> None:
    """Keep in ``folder`` what dbt reads first, and hand it out where nothing was read yet."""
    from dbt.flags import get_flags
    from dbt.parser.manifest import ManifestLoader, extended_mashumaro_encoder

    read, write = (
        ManifestLoader.read_manifest_for_partial_parse,
        ManifestLoader.write_manifest_for_partial_parse,
    )

    def read_or_known(self: Any) -> Any:
        found = read(self)
        if found or is_read(self) or not get_flags().PARTIAL_PARSE:
            return found
        handed = known(self, folder)
        if handed is not None:  # dbt keeps nothing where nothing changed; dagster-dbt fills the gap
            place(self).parent.mkdir(parents=True, exist_ok=True)
            place(self).write_bytes(handed.to_msgpack(extended_mashumaro_encoder))
        return handed

    def write_and_keep(self: Any) -> None:
        write(self)
        keep(self, folder)

    ManifestLoader.read_manifest_for_partial_parse = read_or_known
    ManifestLoader.write_manifest_for_partial_parse = write_and_keep


def is_read(loader: Any) -> bool:
    """Whether there is a file of an earlier call, however it came out."""
    return place(loader).is_file()


def place(loader: Any) -> Path:
    """Return where dbt keeps what it read."""
    project = loader.root_project
    return Path(project.project_root, project.project_target_path, "partial_parse.msgpack")


def asked(loader: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what must be equal from call to call, and the paths, which need not be."""
    project = loader.root_project
    same = {key: value for key, value in project.cli_vars.items() if key not in PATHS}
    same |= {"project": str(project.project_root), "database": project.credentials.database}
    return same, {key: str(project.cli_vars[key]) for key in PATHS if key in project.cli_vars}


def keep(loader: Any, folder: Path) -> None:
    """Keep what was read, if it is the first."""
    same, paths = asked(loader)
    if len(paths) == len(PATHS) and not (folder / FIRST).exists():
        part = folder / f"{FIRST}.{loader.manifest.metadata.invocation_id}"
        part.mkdir()
        (part / "read").write_bytes(place(loader).read_bytes())
        (part / "asked.json").write_text(json.dumps([same, paths]), encoding="utf-8")
        try:
            part.rename(folder / FIRST)
        except OSError:  # another call was first
            for path in part.iterdir():
                path.unlink()
            part.rmdir()


def known(loader: Any, folder: Path) -> Any:
    """Return what was read first, with the paths of this call, or ``None``."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    first = folder / FIRST
    same, paths = asked(loader)
    if not first.exists() or len(paths) < len(PATHS):
        return None
    same_then, paths_then = json.loads((first / "asked.json").read_text(encoding="utf-8"))
    if same != same_then:
        return None
    read = Manifest.from_msgpack((first / "read").read_bytes(), decoder=extended_mashumuro_decoder)
    if read.state_check.project_hashes != loader.manifest.state_check.project_hashes:
        return None
    read.state_check = loader.manifest.state_check
    labels = read.nodes["model.touchstone.labels"]
    location = labels.config["location"]
    for told in (labels.config, labels.unrendered_config, labels.config_call_dict):
        told["location"] = location.replace(paths_then["published"], paths["published"])
    return read
