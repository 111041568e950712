"""Texts as vectors of a sentence-transformers model on this machine; nothing is downloaded."""

import hashlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resources.models.vectors.store import Make, of_length_one
from resources.task.errors import TaskError
from resources.task.settings.student import SentenceTransformers
from resources.task.task import Task

INSTALL = "pip install 'touchstone[embeddings]'"
ORGANISATION = "sentence-transformers"
"""Whose model a name without a slash is."""

READ_BYTES = 1 << 20
"""Start and end of a model's file that tell it from another of the same size."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model on this machine.

    Parameters
    ----------
    mark : str
        Its name and content.
    make : callable
        See :data:`~resources.models.vectors.store.Make`.
    load : callable
        Loads it, if it is not yet.
    """

    mark: str
    make: Make
    load: Callable[[], Any]


def local_model(task: Task, settings: SentenceTransformers, where: str) -> LocalModel:
    """Find the model; it is another one once it was trained further.

    The package and the model are loaded once a text is new; vectors that are kept need neither to
    be loaded.

    Parameters
    ----------
    task : Task
    settings : SentenceTransformers
    where : str
        Place of the settings, for messages.

    Raises
    ------
    TaskError
        If the model is not on this machine; when called, if the package is missing or the model
        cannot be read.
    """
    folder = find_model(task, settings.model, where)
    mark = f"sentence-transformers {settings.model} {_content(folder)}"

    def load() -> Any:
        return _loaded(folder, settings.device, where)

    def make(_: Any, texts: list[str]) -> tuple[list[NDArray[np.float32]], float]:
        model = load()
        found = model.encode(
            [text if text.strip() else " ." for text in texts],
            batch_size=settings.at_once,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return [of_length_one(np.asarray(v, dtype=np.float32)) for v in found], 0.0

    return LocalModel(mark, make, load)


def find_model(task: Task, name: str, where: str) -> Path:
    """Return the folder of a model: one of that path, else the newest in the hub's cache.

    Raises
    ------
    TaskError
        If there is neither; it says how to get the model.
    """
    folder = Path(name).expanduser()
    folder = folder if folder.is_absolute() else task.folder / folder
    if (folder / "modules.json").is_file() or (folder / "config.json").is_file():
        return folder
    if folder.is_dir():
        raise TaskError(
            f"{where}.model: {folder} holds no model: neither modules.json nor config.json stands "
            "there; give the folder that SentenceTransformer(...).save(folder) wrote"
        )
    hub = _package("huggingface_hub", where)
    full = name if "/" in name else f"{ORGANISATION}/{name}"
    try:
        return Path(hub.snapshot_download(full, local_files_only=True))
    except Exception:  # noqa: BLE001  the hub raises some ten kinds for "not there" and "no name"
        raise TaskError(
            f"{where}.model: {name!r} is neither a folder (looked for {folder}) nor in the hub's "
            f"cache of this user, and nothing is downloaded by itself; get it once with "
            f"`hf download {full}`, or give the folder of a model"
        ) from None


@cache
def _loaded(folder: Path, device: str | None, where: str) -> Any:
    package = _package("sentence_transformers", where)
    try:
        return package.SentenceTransformer(str(folder), device=device, local_files_only=True)
    except Exception as error:  # noqa: BLE001  every part of a model may be what cannot be read
        raise TaskError(f"{where}.model: {folder} cannot be loaded: {error}") from None


def _package(name: str, where: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise TaskError(
            f"{where}: the package {name!r} is not installed ({error}); {INSTALL}"
        ) from None


def _content(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".md"):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder)} {size}".encode())
        with path.open("rb") as file:
            digest.update(file.read(READ_BYTES))
            if size > READ_BYTES:
                file.seek(-min(READ_BYTES, size - READ_BYTES), 2)
                digest.update(file.read())
    return digest.hexdigest()[:16]
