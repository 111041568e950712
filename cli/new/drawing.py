"""Pictures for the example on pictures: walls, drawn anew for whoever asks for them."""

import csv
import io
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np

FIRST_DAY = date(2026, 3, 2)
DAYS, A_DAY = 3, 16
SIDE_PX = 96
PLACES = ("yard", "stairs", "cellar")


def draw_walls(folder: Path) -> None:
    """Write ``items/DAY.csv`` and the walls they name into ``pictures``; every second is cracked.

    Parameters
    ----------
    folder : Path
        The task's folder.
    """
    for name in ("items", "pictures"):
        (folder / name).mkdir()
    rng = np.random.default_rng(7)
    number = 0
    for day in range(DAYS):
        rows = io.StringIO()
        table = csv.writer(rows, lineterminator="\n")
        table.writerow(["item_id", "taken_at", "place", "picture"])
        for at in range(A_DAY):
            number += 1
            cracked = bool(number % 2)
            place = PLACES[int(rng.choice(3, p=[0.2, 0.3, 0.5] if cracked else [0.5, 0.4, 0.1]))]
            name = f"w{number:03d}"
            taken = datetime.combine(FIRST_DAY + timedelta(days=day), time(9, 0))
            taken += timedelta(minutes=30 * at)
            (folder / "pictures" / f"{name}.png").write_bytes(_wall(rng, cracked=cracked))
            table.writerow([name, taken.isoformat(), place, f"{name}.png"])
        path = folder / "items" / f"{FIRST_DAY + timedelta(days=day)}.csv"
        path.write_text(rows.getvalue(), encoding="utf-8")


def _wall(rng: np.random.Generator, *, cracked: bool) -> bytes:
    """Draw plaster with shadows and spots, and a crooked dark line where it is cracked."""
    from PIL import Image, ImageDraw

    shade = Image.fromarray(rng.normal(rng.uniform(140, 190), 12, (6, 6)).astype(np.float32))
    smooth = np.asarray(shade.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC))
    grey = (smooth + rng.normal(0, 6, smooth.shape)).clip(95, 255)
    tint = rng.uniform(0.9, 1.0, 3)
    image = Image.fromarray((grey[:, :, None] * tint).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for x, y, size in rng.integers(3, SIDE_PX - 8, (3, 3)).tolist():
        spot = 2 + size % 4
        pen.ellipse((x, y, x + spot, y + spot), fill=(120, 110, 100))
    if cracked:
        along = np.arange(-6, SIDE_PX + 7, 8)
        across = SIDE_PX / 2 + np.cumsum(rng.normal(0, 6, len(along)))
        line = list(zip(along.tolist(), across.tolist(), strict=True))
        pen.line(line if rng.random() < 0.5 else [(y, x) for x, y in line], (35, 30, 28), 3)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
