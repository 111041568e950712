"""The student on pictures: it tells texture, and its file needs nothing of ours."""

import csv
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from labeling.pictures import small_copy
from labeling.student.export import model_card, portable
from labeling.student.image import ImageStudent
from tests.fakes.pictures import as_file, wall

CRACKS = Path(__file__).parents[4] / "shared" / "data" / "img_crackforest"


def walls(n: int) -> tuple[np.ndarray, np.ndarray]:
    y = np.arange(n) % 2
    return np.array([small_copy(as_file(wall(i, cracked=i % 2 == 0))) for i in range(n)]), y


def test_a_line_is_told_wherever_it_lies():
    x, y = walls(160)
    soft = np.where(y[:, None] == [0, 1], 0.85, 0.15)
    student = ImageStudent(2, classes=["cracked", "whole"]).fit(x[:120], soft[:120])
    right = student.predict(x[120:]) == np.array(["cracked", "whole"])[y[120:]]
    assert right.mean() > 0.9


def test_tiles_of_real_road_are_told_far_better_than_by_chance():
    if not CRACKS.is_dir():
        pytest.skip(f"{CRACKS} is not here")
    with (CRACKS / "labels.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["label"] != "-1"]
    x = np.array([small_copy((CRACKS / "tiles" / row["file"]).read_bytes()) for row in rows])
    y = np.array([int(row["label"]) for row in rows])
    early = np.array([int(row["image"]) <= 60 for row in rows])
    student = ImageStudent(2, copies=False).fit(x[early], np.eye(2)[y[early]])
    sure = student.predict_proba(x[~early])[:, 1]
    crack, clean = sure[y[~early] == 1], sure[y[~early] == 0]
    ranked = (crack[:, None] > clean).mean()
    assert ranked > 0.82, "by chance 0.5; layout alone comes to 0.6"


def test_its_file_predicts_without_this_product_and_its_card_says_what_it_takes(tmp_path):
    x, y = walls(40)
    student = ImageStudent(2, classes=["cracked", "whole"]).fit(x, np.eye(2)[y])
    np.save(tmp_path / "x.npy", x[:2])
    path = tmp_path / "student.joblib"
    path.write_bytes(pickle.dumps(portable(student)))
    code = (
        "import sys, joblib, numpy; model = joblib.load(sys.argv[1]);"
        "print(*model.predict(numpy.load(sys.argv[2])), model.steps[0][0]);"
        "print([m for m in sys.modules if m.split('.')[0] in ('labeling', 'assets')])"
    )
    said = subprocess.run(
        [sys.executable, "-P", "-c", code, path, tmp_path / "x.npy"], cwd="/", env={},
        capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    assert said[:2] == ["cracked whole images", "[]"]
    assert "array of shape (n, 32, 32, 3)" in model_card(student, "walls", {})
