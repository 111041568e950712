"""Which files a pattern means, and what each is called."""

import os
from pathlib import Path

from labeling.errors import LabelingError
from labeling.files.records import ENDINGS

WILD = "*?["


def find_files(pattern: Path) -> dict[str, Path]:
    """Map the name of each file that matches to where it stands, in the order of the names.

    A name is the path from the pattern's last folder without a wildcard on, so that files of one
    name in two folders are two. ``**`` stands for any folders, and follows no links. Folders and
    pipes are no files; a link to nothing is listed, so that reading it can say so.

    Parameters
    ----------
    pattern : Path
        ``*``, ``?``, ``[...]`` in any part, ``**`` as a part of its own.

    Raises
    ------
    LabelingError
        If ``**`` stands beside other characters.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for day in ("1", "2"):
    ...     (folder / day).mkdir()
    ...     _ = (folder / day / "part-0.csv").write_text("item_id,text")
    >>> list(find_files(folder / "*" / "part-*.csv")), list(find_files(folder / "1" / "*.csv"))
    (['1/part-0.csv', '2/part-0.csv'], ['part-0.csv'])
    """
    base = Path(pattern.parts[0])
    rest = list(pattern.parts[1:])
    while len(rest) > 1 and (not any(one in rest[0] for one in WILD) or (base / rest[0]).is_dir()):
        base /= rest.pop(0)
    try:
        found = [p for p in base.glob("/".join(rest)) if p.is_file() or _leads_nowhere(p)]
    except ValueError:
        raise LabelingError(
            f"{pattern}: ** stands for any folders, and alone: items/**/*.csv"
        ) from None
    return {path.relative_to(base).as_posix(): path for path in sorted(found)}


def state_of(path: Path) -> os.stat_result:
    """Return size and time of a file that was found; of a link to nothing those of the link."""
    return path.lstat() if _leads_nowhere(path) else path.stat()


def bare(name: str) -> str:
    """Return a file's name without its ending, with its folders before it.

    Examples
    --------
    >>> bare("part-0.csv"), bare("2026/part-0.csv.gz")
    ('part-0', '2026-part-0')
    """
    ending = max((one for one in ENDINGS if name.lower().endswith(one)), key=len, default="")
    return name.removesuffix(name[len(name) - len(ending) :]).replace("/", "-")


def _leads_nowhere(path: Path) -> bool:
    return path.is_symlink() and not path.exists()
