"""Images are checked before they are sent."""

import base64
from io import BytesIO

import pyarrow as pa
import pytest
from PIL import Image

from labeling.llm.prompts.content import contents
from labeling.llm.prompts.images import ImageError, load_picture


def picture(kind: str = "PNG", size=(8, 8)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "gray").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_bytes_path_and_data_url_of_one_image_are_the_same_picture(tmp_path, kind):
    data = picture(kind)
    (tmp_path / "p.img").write_bytes(data)
    by_bytes = load_picture(data)
    assert load_picture("p.img", tmp_path) == by_bytes
    assert load_picture(by_bytes.url) == by_bytes
    assert by_bytes.url.startswith(f"data:image/{kind.lower()};base64,")
    assert base64.b64decode(by_bytes.url.partition(",")[2]) == data


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (b"hello", "not an image"),
        (picture()[:40], "not an image, or a broken one"),
        (picture("BMP"), "format BMP; allowed are PNG, JPEG, WEBP, GIF"),
        (b"\x89PNG" + b"0" * 6_000_000, "larger than 5,000,000 bytes"),
        (picture(size=(9000, 1)), "9000x1 px; at most 8000"),
        ("missing.png", "cannot be read"),
        ("../../etc/passwd", "leads out of the task's image folder"),
        ("data:image/png;base64,###", "not valid base64"),
    ],
)
def test_what_cannot_be_sent_is_told(tmp_path, image, message):
    with pytest.raises(ImageError, match=message):
        load_picture(image, tmp_path)


def test_items_with_the_same_image_and_text_are_one_question_and_flaws_are_kept(tmp_path):
    (tmp_path / "a.png").write_bytes(picture())
    (tmp_path / "b.png").write_bytes(picture())
    table = pa.table(
        {
            "item_id": ["1", "2", "3", "4", "5"],
            "text": ["", "", None, "", "text"],
            "image": ["a.png", "b.png", "broken.png", None, "a.png"],
        }
    )
    shown = contents(table, folder=tmp_path)
    found = shown.read(shown.all)
    assert [c.items for c in found] == [["1", "2"], ["3"], ["4"], ["5"]]
    assert [bool(c.flaw) for c in found] == [False, True, True, False]
