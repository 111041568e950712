"""Near-duplicates among pictures: the same one in another dress, and no other."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from labeling.pictures import small_copy
from labeling.sampling.same_pictures import near_pictures
from tests.fakes.pictures import as_file, wall


def copies(*images: Image.Image) -> np.ndarray:
    return np.array([small_copy(as_file(image)) for image in images])


def saved_again(image: Image.Image) -> Image.Image:
    out = BytesIO()
    image.resize((48, 48)).save(out, "JPEG", quality=50)
    return Image.open(out)


@pytest.mark.parametrize(
    "change", [saved_again, lambda image: ImageEnhance.Brightness(image).enhance(1.01)]
)
def test_a_picture_saved_again_is_found_among_five_hundred_others(change):
    walls = [wall(seed, cracked=seed % 2 == 0) for seed in range(500)]
    pairs = near_pictures(copies(*walls, change(walls[7])))
    assert np.argwhere(pairs.toarray()).tolist() == [[7, 500], [500, 7]]


def test_pictures_of_one_colour_are_the_same_only_in_the_same_colour():
    plain = [Image.new("RGB", (50, 50), colour) for colour in ("red", "white", "red")]
    assert np.argwhere(near_pictures(copies(*plain)).toarray()).tolist() == [[0, 2], [2, 0]]


def test_no_pictures_have_no_pairs():
    assert near_pictures(np.empty((0, 32, 32, 3), dtype=np.uint8)).shape == (0, 0)
