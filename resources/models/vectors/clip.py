"""Pictures and texts as vectors of a CLIP model on this machine; nothing is downloaded."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labeling.pictures import ImageError, open_picture, picture_bytes
from labeling.rules.cores import usable_cores
from resources.models.vectors.store import kept_vectors, of_length_one
from resources.pictures import digests_of, source_of
from resources.task.errors import TaskError
from resources.task.settings.zero_shot import Clip
from resources.task.task import Task

INSTALL = "pip install 'touchstone[clip]'"
WIDTH = {"ViT-B-32": 512}
"""Numbers in a vector of each model."""

Part = Literal["text", "vision"]
NEEDED: dict[Part, tuple[str, ...]] = {
    "text": ("model.onnx", "tokenizer.json", "tokenizer_config.json"),
    "vision": ("model.onnx", "preprocessor_config.json"),
}
KEPT_AT_ONCE = 256
"""Vectors that are made before they are kept."""

ENOUGH = 896
"""Pixels a side: a larger JPEG is decoded smaller, of the 224 that the model sees."""

NARROWEST = 4
"""Of a picture longer than so many times its width the middle is taken, which is all the model sees."""


@dataclass(frozen=True, slots=True)
class ClipModel:
    """The weights of a model, as they lie on this machine; loaded once there is something new.

    Parameters
    ----------
    task : Task
    settings : Clip
    where : str
        Place of the settings, for messages.
    folders : dict of str to Path
        Where the weights for texts and for pictures lie.
    marks : dict of str to str
        Name and content of each: other weights, another mark.
    """

    task: Task
    settings: Clip
    where: str
    folders: dict[Part, Path]
    marks: dict[Part, str]

    @property
    def mark(self) -> str:
        """Name and content of the whole model."""
        return " ".join(self.marks.values())

    def texts(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return vectors of texts, shape (n, d), rows of length 1.

        Raises
        ------
        TaskError
            If the package is missing, or the weights are damaged or of another model.
        """

        def make(_: Any, new: list[str]) -> tuple[list[NDArray[np.float32]], float]:
            return list(self._run("text", new)), 0.0

        return kept_vectors(self.task.embeddings, self.marks["text"], texts, KEPT_AT_ONCE, make)

    def pictures(self, images: Sequence[str | None]) -> tuple[NDArray[np.float64], list[str]]:
        """Return vectors of pictures, and why one has none (empty where it has one).

        Parameters
        ----------
        images : sequence of n str or None
            What items name: a path, a ``data:`` URL, or an address, which is not fetched.

        Returns
        -------
        float array of shape (n, d)
            Rows of length 1; not a number where there is none.
        list of n str

        Raises
        ------
        TaskError
            As :meth:`texts`.
        """
        digests = digests_of(self.task, images)
        keys = [source_of(image, digests) if image else "" for image in images]
        image_of = {key: image for key, image in zip(keys, images, strict=True) if image}
        why = {"": "no image"}

        def opened(new: Iterable[str], found: list[str]) -> Iterator[Image.Image]:
            for key in new:
                try:
                    data = picture_bytes(image_of[key], self.task.image_folder)
                    picture = _middle(open_picture(data, ENOUGH))
                except ImageError as error:
                    why[key] = str(error)
                    continue
                found.append(key)
                yield picture

        def make(_: Any, new: list[str]) -> tuple[list[NDArray[np.float32] | None], float]:
            found: list[str] = []
            made = list(self._run("vision", opened((key for key in new if key), found)))
            by_key = dict(zip(found, made, strict=True))
            return [by_key.get(key) for key in new], 0.0

        mark = self.marks["vision"]
        vectors = kept_vectors(self.task.embeddings, mark, keys, KEPT_AT_ONCE, make)
        return vectors, [why.get(key, "") for key in keys]

    def _run(self, part: Part, what: Iterable[Any]) -> Iterator[NDArray[np.float32]]:
        package, name = _package("fastembed", self.where), _repository(self.settings, part)
        threads = self.settings.threads or usable_cores()
        try:
            model = _loaded(package, part, name, self.folders[part], self.marks[part], threads)
            for vector in model.embed(what, batch_size=self.settings.at_once):
                yield of_length_one(_checked(vector, WIDTH[self.settings.model]))
        except Exception as error:  # noqa: BLE001  other weights fail in any part of the runtime
            told = str(error).strip().partition("\n")[0]
            raise TaskError(
                f"{self.where}: the weights in {self.folders[part]} do not fit the {part} part of "
                f"{self.settings.model}, or are damaged ({type(error).__name__}: {told}); get them again "
                f"with {_how(self.task, self.settings, part)}"
            ) from None

    def load(self) -> None:
        """Load both parts, and look once through each.

        Raises
        ------
        TaskError
            As :meth:`texts`.
        """
        list(self._run("text", ["a"]))
        list(self._run("vision", [Image.new("RGB", (8, 8))]))


def clip_model(task: Task, settings: Clip, where: str) -> ClipModel:
    """Find the weights of a model; nothing is loaded.

    Raises
    ------
    TaskError
        If they are not on this machine; it says how to get them.
    """
    folders: dict[Part, Path] = {p: _folder(task, settings, p, where) for p in ("text", "vision")}
    marks: dict[Part, str] = {
        part: _mark(task, settings, part, folder) for part, folder in folders.items()
    }
    return ClipModel(task, settings, where, folders, marks)


def _repository(settings: Clip, part: Part) -> str:
    return f"Qdrant/clip-{settings.model}-{part}"


def _own(task: Task, settings: Clip, part: Part) -> Path | None:
    if settings.weights is None:
        return None
    return task.folder / Path(settings.weights).expanduser() / part


def _how(task: Task, settings: Clip, part: Part) -> str:
    own = _own(task, settings, part)
    into = "" if own is None else f" --local-dir {own}"
    return f"`hf download {_repository(settings, part)}{into}`"


def _folder(task: Task, settings: Clip, part: Part, where: str) -> Path:
    folder = _own(task, settings, part) or _cached(_repository(settings, part), where)
    lacking = [name for name in NEEDED[part] if folder is None or not (folder / name).is_file()]
    if folder is not None and not lacking:
        return folder.resolve()
    place = "the hub's cache of this user" if folder is None else str(folder)
    raise TaskError(
        f"{where}: the weights of {settings.model} are missing: {place} has no "
        f"{_repository(settings, part) if folder is None else lacking[0]}, and nothing is downloaded by "
        f"itself; get them once with {_how(task, settings, part)}"
    )


def _cached(repository: str, where: str) -> Path | None:
    hub = _package("huggingface_hub", where)
    try:
        return Path(hub.snapshot_download(repository, local_files_only=True))
    except Exception:  # noqa: BLE001  the hub raises some ten kinds for "not there"
        return None


def _mark(task: Task, settings: Clip, part: Part, folder: Path) -> str:
    """Hash of all files of a part; each is read again only where its size or time is another."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    )
    digests = digests_of(task, map(str, files))
    told = "\n".join(f"{path.relative_to(folder)} {digests.get(str(path))}" for path in files)
    return f"clip {settings.model} {part} {hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _checked(vector: NDArray[Any], width: int) -> NDArray[np.float32]:
    if vector.shape != (width,):
        raise ValueError(f"they give {vector.size} numbers where {width} are wanted")
    if not np.isfinite(vector).all():
        raise ValueError("they give what is no number")
    return vector.astype(np.float32)


@lru_cache(maxsize=4)
def _loaded(package: Any, part: Part, name: str, folder: Path, mark: str, threads: int) -> Any:
    del mark  # other weights may lie there now
    kind = package.TextEmbedding if part == "text" else package.ImageEmbedding
    return kind(
        name, cache_dir=str(folder), threads=threads,
        local_files_only=True, specific_model_path=str(folder),
    )  # fmt: skip


def _package(name: str, where: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise TaskError(
            f"{where}: the package {name!r} is not installed ({error}); {INSTALL}"
        ) from None


def _middle(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    most = NARROWEST * min(width, height)
    if max(width, height) <= most:
        return picture
    left, top = max(0, (width - most) // 2), max(0, (height - most) // 2)
    return picture.crop((left, top, left + min(width, most), top + min(height, most)))
