"""Vectors of a model on this machine: found, loaded once, kept, and never downloaded."""

import json
import sys
import types

import numpy as np
import pytest

from assets.reading.features import new_student
from labeling.gold import Gold
from labeling.student.opinion import form
from resources.models.vectors import local as local_vectors
from resources.models.vectors.embeddings import embedder
from resources.task.errors import TaskError
from resources.task.reading import read_spec
from resources.task.settings.student import SentenceTransformers, Student
from resources.task.task import Task
from tests.conftest import ROOT
from tests.fakes import fake_sentence_transformers as fake

NO_GOLD = Gold(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32))


@pytest.fixture
def installed(monkeypatch):
    """Stand the fake package in for the real one, and a hub whose cache is empty."""
    package = types.ModuleType("sentence_transformers")
    package.SentenceTransformer = fake.SentenceTransformer
    hub = types.ModuleType("huggingface_hub")

    def snapshot_download(name: str, *, local_files_only: bool) -> str:
        assert local_files_only
        if name == "sentence-transformers/known":
            return hub.cached
        raise FileNotFoundError(name)

    hub.snapshot_download = snapshot_download
    monkeypatch.setitem(sys.modules, "sentence_transformers", package)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    monkeypatch.setattr(fake.SentenceTransformer, "loaded", [])
    monkeypatch.setattr(fake.SentenceTransformer, "encoded", [])
    local_vectors._loaded.cache_clear()
    yield hub
    local_vectors._loaded.cache_clear()


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "modules.json").write_text("[]", encoding="utf-8")
    (folder / "weights.bin").write_bytes(bytes(3_000_000))
    return folder


def task_with(model, var) -> Task:
    folder = ROOT / "tasks" / "youtube_spam"
    student = Student(
        features="sentence-transformers",
        sentence_transformers=SentenceTransformers(model=str(model), at_once=4),
    )
    return Task(folder, read_spec(folder).model_copy(update={"student": student}), var)


@pytest.mark.usefixtures("installed")
def test_each_text_is_read_once_whatever_the_order_and_the_run(model, tmp_path):
    task = task_with(model, tmp_path)
    first = embedder(task)(["abc d", "xyz", "abc d", ""])
    assert first.shape == (4, fake.WIDTH)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-6)
    again = embedder(task_with(model, tmp_path))(["", "new", "abc d"])
    np.testing.assert_array_equal(again[[0, 2]], first[[3, 0]])
    assert fake.SentenceTransformer.encoded == ["abc d", "xyz", " .", "new"]
    assert fake.SentenceTransformer.loaded == [str(model)]


@pytest.mark.usefixtures("installed")
def test_vectors_that_are_kept_need_no_package(model, tmp_path, monkeypatch):
    task = task_with(model, tmp_path)
    kept = embedder(task)(["abc"])
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    local_vectors._loaded.cache_clear()
    np.testing.assert_array_equal(embedder(task)(["abc"]), kept)
    with pytest.raises(TaskError, match=r"pip install 'touchstone\[embeddings\]'"):
        embedder(task)(["new"])


@pytest.mark.usefixtures("installed")
def test_a_model_that_was_trained_further_is_another_one(model, tmp_path):
    embedder(task_with(model, tmp_path))(["abc"])
    (model / "weights.bin").write_bytes(bytes(2_999_999) + b"1")
    embedder(task_with(model, tmp_path))(["abc"])
    assert fake.SentenceTransformer.encoded == ["abc", "abc"]


def test_a_model_of_the_hubs_cache_goes_by_its_name(installed, model, tmp_path):
    installed.cached = str(model)
    embedder(task_with("known", tmp_path))(["abc"])
    assert fake.SentenceTransformer.loaded == [str(model)]


@pytest.mark.usefixtures("installed")
def test_a_model_that_is_not_there_is_told_and_not_downloaded(tmp_path):
    with pytest.raises(TaskError) as caught:
        embedder(task_with("unknown/small", tmp_path))
    said = str(caught.value)
    assert "student.sentence_transformers.model: 'unknown/small' is neither a folder" in said
    assert "nothing is downloaded by itself" in said
    assert "hf download unknown/small" in said
    assert fake.SentenceTransformer.loaded == []


@pytest.mark.usefixtures("installed")
def test_a_folder_without_a_model_is_told(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(TaskError, match=r"holds no model: neither modules\.json nor config\.json"):
        embedder(task_with(tmp_path / "empty", tmp_path))


@pytest.mark.usefixtures("installed")
def test_a_student_learns_from_them_few_or_many(model, tmp_path):
    task = task_with(model, tmp_path)
    for n in (40, 2_400):
        texts = [f"{('lovely', 'buy')[i % 2]} thing{i % 50}" for i in range(n)]
        good = np.tile([[0.9, 0.1], [0.1, 0.9]], (n // 2, 1))
        current = np.arange(n) >= n // 2
        opinion = form(
            new_student(task, "text"), texts, good, np.ones(n, dtype=bool), NO_GOLD, current,
            twins=lambda own: np.arange(len(own)),
        )  # fmt: skip
        assert opinion is not None
        assert np.mean(opinion.unseen.argmax(axis=1) == good[current].argmax(axis=1)) == 1
    assert len(fake.SentenceTransformer.encoded) == len(set(fake.SentenceTransformer.encoded))


def test_a_setting_without_a_model_is_an_error_in_task_yaml():
    with pytest.raises(
        ValueError, match=r"needs sentence_transformers: \{model: \.\.\.\} beside it"
    ):
        Student(features="sentence-transformers")


def test_the_real_package_reads_with_a_tiny_model_that_chance_made(tmp_path):
    package = pytest.importorskip("sentence_transformers", reason="the extra is not installed")
    transformers = pytest.importorskip("transformers")
    tiny, words = tmp_path / "tiny", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "free", "prize"]
    tiny.mkdir()
    (tiny / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    transformers.BertTokenizerFast(vocab={w: i for i, w in enumerate(words)}).save_pretrained(tiny)
    transformers.BertModel(
        transformers.BertConfig(
            vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=16, max_position_embeddings=32,
        )
    ).save_pretrained(tiny)  # fmt: skip
    assert json.loads((tiny / "config.json").read_text(encoding="utf-8"))["hidden_size"] == 16
    folder = tmp_path / "model"
    package.SentenceTransformer(str(tiny), device="cpu", local_files_only=True).save(str(folder))
    found = embedder(task_with(folder, tmp_path))(["free prize", "prize", "free prize", ""])
    assert found.shape == (4, 16)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found[0], found[2])
    assert not np.allclose(found[0], found[1])
