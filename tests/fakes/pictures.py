"""A small task on pictures: walls that are whole or cracked, drawn here."""

import base64
import csv
import json
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIZE = 64
TASK = """
name: walls
description: Is the wall cracked?
classes:
  - {name: cracked, description: a dark line, synonyms: ["yes"]}
  - {name: whole, description: no line, synonyms: ["no"]}
source: {files: items/*.jsonl, image: image, image_folder: pictures, metadata: [side]}
batch: {every: file}
rules: {files: [rules.yaml, rules.py]}
models:
  prompts: [crack.md]
  simulated: {truth: truth.csv, error_rate: 0.1}
audit: {per_batch: 12}
queue: {per_batch: 6}
reviewers:
  scripted: {truth: truth.csv}
"""
PROMPT = """---
model: simulated/walls
output: {format: text}
---
Is the wall in this image cracked?

{{ answer_format }}
"""
RULES = '''
import numpy as np

from labeling.rules.reading.python import rule


@rule(label="cracked")
def dark_pixels(picture) -> bool:
    """Some of it is nearly black."""
    return float(np.percentile(np.asarray(picture.convert("L")), 2)) < 45


@rule(label="whole")
def none_dark(picture) -> bool:
    """None of it is."""
    return float(np.percentile(np.asarray(picture.convert("L")), 1)) > 70
'''


def wall(seed: int, *, cracked: bool) -> Image.Image:
    """Draw rough plaster, and a crooked dark line across it."""
    rng = np.random.default_rng(seed)
    bumps = Image.fromarray(rng.normal(rng.uniform(120, 180), 10, (12, 12)).astype(np.float32))
    grey = np.asarray(bumps.resize((SIZE, SIZE), Image.Resampling.BICUBIC))
    grey = (grey + rng.normal(0, 5, (SIZE, SIZE))).clip(75, 255).astype(np.uint8)
    image = Image.fromarray(np.repeat(grey[:, :, None], 3, axis=2))
    if cracked:
        along = np.arange(-4, SIZE + 5, 6)
        across = np.cumsum(rng.normal(0, 4, len(along))) + SIZE / 2
        points = [(float(a), float(b)) for a, b in zip(along, across, strict=True)]
        if rng.random() < 0.5:
            points = [(b, a) for a, b in points]
        ImageDraw.Draw(image).line(points, fill=(20, 20, 20), width=3)
    return image


def as_file(image: Image.Image, kind: str = "PNG") -> bytes:
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()


def data_url(image: Image.Image) -> str:
    return f"data:image/png;base64,{base64.b64encode(as_file(image)).decode()}"


def write_walls(project: Path, batches: int = 2, each: int = 40) -> tuple[Path, dict[str, str]]:
    """Write the task; the last three items of the first batch are of unusual kinds.

    ``address`` lies in the network, ``gone`` is a file that is not there, and ``again`` is
    ``w000`` saved once more as JPEG.
    """
    folder = project / "tasks" / "walls"
    for name in ("items", "pictures"):
        (folder / name).mkdir(parents=True)
    truth: dict[str, str] = {}
    for batch in range(batches):
        rows = []
        for _ in range(each):
            at = len(truth)
            name, cracked = f"w{at:03d}", at % 2 == 0
            # people see a crack in some that show none: labels have to be wrong somewhere
            truth[name] = "cracked" if cracked or at % 8 == 3 else "whole"
            image = wall(at, cracked=cracked)
            if at % 10 == 9:
                rows.append({"item_id": name, "image": data_url(image), "side": "inner"})
                continue
            (folder / "pictures" / f"{name}.png").write_bytes(as_file(image))
            rows.append({"item_id": name, "image": f"{name}.png", "side": "outer"})
        if batch == 0:
            (folder / "pictures" / "again.jpg").write_bytes(as_file(wall(0, cracked=True), "JPEG"))
            for name, image in (
                ("address", "https://example.org/wall.png"),
                ("gone", "gone.png"),
                ("again", "again.jpg"),
            ):
                truth[name] = "cracked"
                rows.append({"item_id": name, "image": image, "side": "outer"})
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "items" / f"b{batch + 1}.jsonl").write_text(lines, encoding="utf-8")
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["item_id", "label"], *truth.items()])
    for name, text in (
        ("task.yaml", TASK), ("crack.md", PROMPT), ("rules.py", RULES), ("rules.yaml", "rules: []\n"),
    ):  # fmt: skip
        (folder / name).write_text(text, encoding="utf-8")
    return folder, truth
