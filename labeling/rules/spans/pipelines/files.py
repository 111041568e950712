"""Where a pipeline of spaCy lies, and a hash of all its files."""

import hashlib
import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from labeling.errors import RuleError

CONFIG, META = "config.cfg", "meta.json"
"""What every folder of a pipeline holds; a package holds the second one."""


def find_pipeline(name: str, folder: Path) -> tuple[str, Path]:
    """Find a pipeline: a folder, or a package that is installed.

    Parameters
    ----------
    name : str
        A path, absolute or from ``folder``, or the name of a package.
    folder : Path
        Where the rules stand.

    Returns
    -------
    str
        What ``spacy.load`` takes: the whole path, or the name of the package.
    Path
        The folder with its files.

    Raises
    ------
    RuleError
        If there is none; the message begins with a verb and says how one is installed.
    """
    path = folder / name
    if path.is_dir():
        for needed in (CONFIG, META):
            if not (path / needed).is_file():
                raise RuleError(
                    f"names the folder {path}, which holds no {needed} and so is no pipeline; "
                    "nlp.to_disk(...) of spaCy writes one"
                )
        return str(path.resolve()), path
    found = find_spec(name) if name.isidentifier() else None
    if found is None:
        how = f"; for example 'python -m spacy download {name}'" if name.isidentifier() else ""
        raise RuleError(
            f"names the pipeline {name!r}, which is neither a folder ({path}) nor a package that is "
            "installed. Nothing is downloaded here: copy the folder of a pipeline there, or install its "
            f"package beside Touchstone{how}"
        )
    package = Path(found.origin or "").parent
    if not (package / META).is_file():
        raise RuleError(f"names the package {name!r}, which holds no pipeline of spaCy")
    return name, package


def components_of(path: Path) -> list[str]:
    """Return the names of a pipeline's components, as its ``meta.json`` tells them.

    Raises
    ------
    RuleError
        If the file tells none; the message begins with a verb.
    """
    try:
        meta = json.loads((path / META).read_text(encoding="utf-8"))
        return [str(one) for one in meta.get("components") or meta["pipeline"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RuleError(
            f"names a pipeline with a damaged file, {path / META} ({type(error).__name__}: {error}); "
            "install or copy it again"
        ) from None


def hash_of_files(path: Path) -> str:
    """Return a hash of the names and the content of all files of a pipeline, 16 hexadecimal digits.

    Hidden files and what Python compiled are left out. A file is read again only where its size or
    time is another.

    Raises
    ------
    RuleError
        If a file cannot be read; the message begins with a verb.
    """
    try:
        files = sorted(one for one in path.rglob("*") if one.is_file() and _counts(one, path))
        return _hashed(path, tuple((one, *_state(one)) for one in files))
    except OSError as error:
        raise RuleError(
            f"names a pipeline with a file that cannot be read, {error.filename}: {error.strerror}"
        ) from error


def _counts(file: Path, path: Path) -> bool:
    parts = file.relative_to(path).parts
    return "__pycache__" not in parts and not any(part.startswith(".") for part in parts)


def _state(file: Path) -> tuple[int, int]:
    told = file.stat()
    return told.st_size, told.st_mtime_ns


@lru_cache(maxsize=32)
def _hashed(path: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    whole = hashlib.sha256()
    for file, *_ in files:
        with file.open("rb") as content:
            own = hashlib.file_digest(content, "sha256").hexdigest()
        whole.update(f"{file.relative_to(path).as_posix()}\0{own}\n".encode())
    return whole.hexdigest()[:16]
