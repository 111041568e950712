"""Small copies of pictures are a cache: damage to it stops nothing."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from resources.pictures import read_pictures, state_of


@pytest.mark.parametrize("damage", ["text", "half"])
def test_small_copies_that_are_damaged_are_made_anew_and_stop_nothing(tmp_path, damage):
    names = [f"{n}.png" for n in range(40)]
    for n, name in enumerate(names):
        Image.new("RGB", (40, 30), (n, 2 * n, 255 - n)).save(tmp_path / name)
    copies = tmp_path / "copies.sqlite"
    task = SimpleNamespace(image_folder=tmp_path, small_copies=copies)
    before, state = read_pictures(task, names).pixels, state_of(task, names)
    whole = copies.read_bytes()
    copies.write_bytes(b"no database\n" * 999 if damage == "text" else whole[: len(whole) // 2])
    assert state_of(task, names) == state
    found = read_pictures(task, names)
    assert found.seen.all()
    assert np.array_equal(found.pixels, before)
