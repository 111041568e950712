"""Pictures are read from where items name them, and from nowhere else."""

import os
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from console.images import read_image
from labeling.pictures import SIDE, ImageError, open_picture, picture_bytes, small_copy
from resources.pictures import at_hand, read_pictures
from resources.reviews.rows import ReviewError
from tests.fakes.pictures import as_file, data_url, wall


def test_a_file_and_its_data_url_are_the_same_picture(tmp_path):
    image = wall(1, cracked=True)
    (tmp_path / "a.png").write_bytes(as_file(image))
    by_path = picture_bytes("a.png", tmp_path)
    assert picture_bytes(data_url(image)) == by_path
    assert small_copy(by_path).shape == (SIDE, SIDE, 3)
    assert small_copy(by_path).dtype == np.uint8


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("https://example.org/a.png", "in the network, and is not fetched"),
        ("../secret.png", "leads out of the task's image folder"),
        ("gone.png", "cannot be read"),
        ("nul\0.png", "this is no path"),
        ("data:image/png;base64,%%%", "not valid base64"),
    ],
)
def test_what_is_not_at_hand_is_told(tmp_path, image, message):
    with pytest.raises(ImageError, match=message):
        picture_bytes(image, tmp_path)


@pytest.mark.parametrize("data", [b"no picture", as_file(wall(0, cracked=False))[:200], b"<svg/>"])
def test_what_is_no_picture_is_told(data):
    with pytest.raises(ImageError, match="not an image, or a broken one"):
        small_copy(data)


def test_too_many_pixels_are_told_before_they_are_decoded():
    bomb = as_file(Image.new("1", (9000, 9000)))
    with pytest.raises(ImageError, match="9000 x 9000 px are too many"):
        small_copy(bomb)


def test_a_photograph_is_turned_upright_as_the_camera_was_held():
    image = Image.new("RGB", (40, 20))
    image.paste((255, 0, 0), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 3  # held upside down
    out = BytesIO()
    image.save(out, "JPEG", exif=exif, quality=95)
    assert open_picture(out.getvalue()).getpixel((35, 10))[0] > 200
    assert small_copy(out.getvalue())[16, 28, 0] > 200


def test_links_in_a_circle_pipes_and_folders_are_told_and_hang_nothing(tmp_path):
    (tmp_path / "circle.png").symlink_to("circle.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    for name, told in (
        ("circle.png", "this is no path"),
        ("pipe.png", "a folder, a pipe or a device, and no file"),
        ("folder.png", "a folder, a pipe or a device, and no file"),
    ):
        with pytest.raises(ImageError, match=told):
            picture_bytes(name, tmp_path)
        with pytest.raises(ReviewError, match="is not in the task's image folder"):
            read_image(tmp_path, name)
        task = SimpleNamespace(image_folder=tmp_path, small_copies=tmp_path / "copies.sqlite")
        assert at_hand(task, name) is None
        assert read_pictures(task, [name]).why == [told]
