"""CLIP on this machine: real loading of small weights, and what is told of those that are not right."""

import base64
import shutil
import sys
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from resources.models.vectors import clip
from resources.models.vectors.clip import clip_model
from resources.task.errors import TaskError
from resources.task.reading import read_spec
from resources.task.settings.zero_shot import Clip
from resources.task.task import Task
from tests.conftest import ROOT
from tests.fakes.clip_weights import WORDS, write_clip, write_vision

for needed in ("fastembed", "onnx"):
    pytest.importorskip(needed, reason="`make test` installs it")

COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
WHERE = "task.yaml: zero_shot.seen.clip"


@pytest.fixture(autouse=True)
def nothing_loaded():
    clip._loaded.cache_clear()


@pytest.fixture
def task(tmp_path) -> Task:
    """A task with a red, a green and a blue picture, and weights that tell them apart."""
    folder = tmp_path / "task"
    (folder / "pictures").mkdir(parents=True)
    for word, colour in zip(WORDS, COLOURS, strict=True):
        Image.new("RGB", (90, 60), colour).save(folder / "pictures" / f"{word}.png")
    write_clip(folder / "weights")
    spec = read_spec(ROOT / "tasks" / "road_cracks")
    source = spec.source.model_copy(update={"image_folder": "pictures"})
    return Task(folder, spec.model_copy(update={"source": source}), tmp_path / "var")


def model_of(task: Task, **settings):
    return clip_model(task, Clip(**{"weights": "weights", **settings}), WHERE)


def test_a_picture_is_nearest_to_the_word_for_it(task):
    model = model_of(task)
    words = model.texts([f"a photo of {word}" for word in WORDS])
    seen, why = model.pictures([f"{word}.png" for word in WORDS])
    assert words.shape == seen.shape == (3, 512)
    np.testing.assert_allclose(np.linalg.norm(seen, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(words, axis=1), 1, atol=1e-6)
    assert (seen @ words.T).argmax(axis=1).tolist() == [0, 1, 2]
    assert why == ["", "", ""]


def test_what_was_seen_once_needs_neither_the_package_nor_a_second_look(task, monkeypatch):
    before, _ = model_of(task).pictures(["red.png", "blue.png"])
    shutil.copy(task.image_folder / "blue.png", task.image_folder / "same.png")
    monkeypatch.setitem(sys.modules, "fastembed", None)
    again, why = model_of(task).pictures(["same.png", "red.png"])
    np.testing.assert_array_equal(again, before[::-1])
    assert why == ["", ""]
    with pytest.raises(TaskError, match=r"'fastembed' is not installed .*touchstone\[clip\]"):
        model_of(task).pictures(["green.png"])


def test_a_picture_that_was_replaced_is_looked_at_again(task):
    before, _ = model_of(task).pictures(["red.png"])
    Image.new("RGB", (9, 9), COLOURS[2]).save(task.image_folder / "red.png")
    after, _ = model_of(task).pictures(["red.png"])
    assert (before @ after.T).item() < 0.5


def test_what_cannot_be_seen_has_no_vector_and_a_reason_and_the_others_have_theirs(task):
    (task.image_folder / "broken.png").write_bytes(b"no picture")
    data = BytesIO()
    Image.new("RGB", (4, 4), COLOURS[0]).save(data, "PNG")
    inline = f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"
    images = [
        "broken.png",
        "red.png",
        None,
        "gone.png",
        "https://example.org/a.png",
        inline,
        "../x",
    ]
    seen, why = model_of(task, at_once=1).pictures(images)
    assert np.isfinite(seen).all(axis=1).tolist() == [False, True, False, False, False, True, False]
    np.testing.assert_allclose(seen[1], seen[5], atol=1e-5)
    assert why[0] == "image: not an image, or a broken one"
    assert why[2] == "no image"
    assert why[3].startswith("image: the file cannot be read")
    assert why[4] == "image: it lies in the network, and is not fetched"
    assert why[6] == "image: the path leads out of the task's image folder"
    seen, why = model_of(task).pictures([None])
    assert not np.isfinite(seen).any()


def test_the_middle_of_a_long_picture_is_what_counts_and_it_takes_no_more_room(task):
    long = Image.new("RGB", (30_000, 2), COLOURS[0])
    long.paste(COLOURS[1], (14_900, 0, 15_100, 2))
    long.save(task.image_folder / "long.png")
    seen, why = model_of(task).pictures(["long.png", "green.png"])
    assert why == ["", ""]
    assert (seen[0] @ seen[1]).item() > 0.99


def test_other_weights_have_another_mark_and_the_same_elsewhere_have_not(task):
    before = model_of(task).mark
    shutil.copytree(task.folder / "weights", task.folder / "elsewhere")
    (task.folder / "elsewhere" / "text" / ".cache").mkdir()
    (task.folder / "elsewhere" / "text" / ".cache" / "state").write_text("any")
    assert model_of(task, weights="elsewhere").mark == before
    write_clip(task.folder / "weights", seed=1)
    assert model_of(task).mark != before


def test_weights_of_the_users_cache_are_found_by_the_models_name(task, tmp_path, monkeypatch):
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(TaskError) as caught:
        model_of(task, weights=None)
    told = str(caught.value)
    assert told.startswith(f"{WHERE}: the weights of ViT-B-32 are missing: the hub's cache")
    assert "nothing is downloaded by itself" in told
    assert "`hf download Qdrant/clip-ViT-B-32-text`" in told
    for part in ("text", "vision"):
        cached = tmp_path / "hub" / f"models--Qdrant--clip-ViT-B-32-{part}"
        shutil.copytree(task.folder / "weights" / part, cached / "snapshots" / "abc")
        (cached / "refs").mkdir()
        (cached / "refs" / "main").write_text("abc")
    found = model_of(task, weights=None)
    assert found.mark == model_of(task).mark
    assert found.texts(["red"]).shape == (1, 512)


@pytest.mark.parametrize(
    "gone", ["text/model.onnx", "text/tokenizer.json", "vision/preprocessor_config.json"]
)
def test_a_file_that_is_missing_is_named_with_the_way_to_get_it(task, gone):
    (task.folder / "weights" / gone).unlink()
    part, _, name = gone.partition("/")
    with pytest.raises(TaskError) as caught:
        model_of(task)
    folder = task.folder / "weights" / part
    assert f"missing: {folder} has no {name}" in str(caught.value)
    assert f"hf download Qdrant/clip-ViT-B-32-{part} --local-dir {folder}`" in str(caught.value)


def cut(folder):
    path = folder / "vision" / "model.onnx"
    path.write_bytes(path.read_bytes()[:1_000])


def swapped(folder):
    shutil.copy(folder / "text" / "model.onnx", folder / "vision" / "model.onnx")


def narrower(folder):
    write_vision(folder / "vision", np.eye(3, 256, dtype=np.float32))


def no_numbers(folder):
    write_vision(folder / "vision", np.full((3, 512), np.nan, dtype=np.float32))


def no_configuration(folder):
    (folder / "vision" / "preprocessor_config.json").write_text("{", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (cut, ""),
        (swapped, ""),
        (narrower, "they give 256 numbers where 512 are wanted"),
        (no_numbers, "they give what is no number"),
        (no_configuration, "JSONDecodeError"),
    ],
)
def test_weights_that_do_not_fit_the_model_are_refused_with_the_reason(task, spoil, told):
    spoil(task.folder / "weights")
    folder = task.folder / "weights" / "vision"
    for look in (lambda: model_of(task).pictures(["red.png"]), lambda: model_of(task).load()):
        with pytest.raises(TaskError) as caught:
            look()
        said = str(caught.value)
        assert f"{WHERE}: the weights in {folder} do not fit the vision part of ViT-B-32" in said
        assert told in said
        assert "get them again with `hf download" in said
        assert "\n" not in said
    assert model_of(task).texts(["red"]).shape == (1, 512), "words need only the other part"


def test_a_model_that_fits_is_loaded_by_a_look_at_it(task):
    model_of(task).load()
    assert clip._loaded.cache_info().currsize == 2
