"""Bring tiles of photographs of road into the inbox, ten roads a file, the gold labels apart.

The photographs are not part of this project; README.md tells where to get them and where they may
lie.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from labeling.errors import LabelingError

HERE = Path(__file__).parent

ORIGINAL = HERE / "original"
"""Where the public data set, with its folders ``image`` and ``groundTruth``, is looked for first."""

SHARED = HERE.parents[2] / "shared" / "data" / "img_crackforest"
"""The same photographs beside the repository, cut into tiles, looked for next."""

TILE_PX = 160
CRACK_PX = 60
"""Pixels that the data set calls crack: from so many on a tile has one; one with fewer is left out."""

ROADS = 10
"""Photographs in a batch."""

PLACES = ("upper", "lower")


class Tile(NamedTuple):
    """A tile of the photograph ``road`` (001 on), in row and column ``cell``, from 0."""

    road: str
    cell: str
    picture: bytes
    label: str

    @property
    def name(self) -> str:
        """Its file, and its id: ``001_02.jpg``."""
        return f"{self.road}_{self.cell}.jpg"


def read_tiles(folder: Path) -> Iterator[Tile]:
    """Read ``labels.csv`` (file, image, label 1, 0 or -1) and the files in ``tiles``."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["label"] in ("0", "1"):
                picture = (folder / "tiles" / row["file"]).read_bytes()
                cell = Path(row["file"]).stem.partition("_")[2]
                yield Tile(row["image"], cell, picture, ("clean", "crack")[int(row["label"])])


def cut_original(folder: Path) -> Iterator[Tile]:
    """Cut the photographs of the public data set into tiles.

    Raises
    ------
    LabelingError
        If a photograph has no file in ``groundTruth``.
    """
    from PIL import Image
    from scipy.io import loadmat

    for path in sorted((folder / "image").glob("*.jpg")):
        truth = folder / "groundTruth" / f"{path.stem}.mat"
        if not truth.is_file():
            raise LabelingError(f"{truth} is missing; it says where {path.name} has cracks")
        # 1 is road, 2 is crack
        crack = loadmat(truth)["groundTruth"]["Segmentation"][0, 0] > 1
        with Image.open(path) as image:
            for row in range(image.height // TILE_PX):
                for column in range(image.width // TILE_PX):
                    left, top = column * TILE_PX, row * TILE_PX
                    cracked = int(crack[top : top + TILE_PX, left : left + TILE_PX].sum())
                    if 0 < cracked < CRACK_PX:
                        continue
                    file = io.BytesIO()
                    tile = image.crop((left, top, left + TILE_PX, top + TILE_PX)).convert("RGB")
                    tile.save(file, "JPEG", quality=95)
                    label = "crack" if cracked else "clean"
                    yield Tile(path.stem, f"{row}{column}", file.getvalue(), label)


def find_tiles(original: Path = ORIGINAL, shared: Path = SHARED) -> list[Tile]:
    """Read the tiles from where they lie.

    Raises
    ------
    LabelingError
        If they lie nowhere; the message tells how to get them.
    """
    if original.is_dir():
        return list(cut_original(original))
    if (shared / "labels.csv").is_file():
        return list(read_tiles(shared))
    raise LabelingError(
        f"the photographs of CrackForest are neither in {original} nor in {shared}. Get the data set "
        "CrackForest-dataset of cuilimeng (for research that is not commercial) and put its folders "
        f"image and groundTruth into {original}"
    )


def generate(
    inbox: Path, truth: Path, original: Path = ORIGINAL, shared: Path = SHARED
) -> list[Path]:
    """Write ``inbox/roads-FROM-TO.jsonl``, the pictures in ``inbox/tiles``, and ``truth`` apart.

    Parameters
    ----------
    inbox : Path
        Folder of the items: item_id, image (a path in it), road, place.
    truth : Path
        Folder of the gold labels: item_id, label. They never come near the items.
    original, shared : Path
        Where the photographs may lie.

    Returns
    -------
    list of Path
        The files of ``inbox``, in the order of the roads.
    """
    batches: defaultdict[int, list[Tile]] = defaultdict(list)
    for tile in find_tiles(original, shared):
        batches[(int(tile.road) - 1) // ROADS].append(tile)
    written: list[Path] = []
    for at, tiles in sorted(batches.items()):
        name = f"roads-{at * ROADS + 1:03d}-{at * ROADS + ROADS:03d}"
        lines, table = io.StringIO(), io.StringIO()
        answers = csv.writer(table, lineterminator="\n")
        answers.writerow(["item_id", "label"])
        for tile in sorted(tiles, key=lambda one: one.name):
            _write(inbox / "tiles" / tile.name, tile.picture)
            place = PLACES[min(int(tile.cell[0]), 1)]
            row = {"item_id": tile.name, "image": f"tiles/{tile.name}"}
            lines.write(json.dumps(row | {"road": tile.road, "place": place}) + "\n")
            answers.writerow([tile.name, tile.label])
        written.append(_write(inbox / f"{name}.jsonl", lines.getvalue().encode()))
        _write(truth / f"{name}.csv", table.getvalue().encode())
    return written


def _write(path: Path, data: bytes) -> Path:
    """Write under a temporary name and rename, unless the file already says just this."""
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(path.suffix + ".part")
        half.write_bytes(data)
        half.replace(path)
    return path
