"""Texts as vectors: asked over HTTP once, kept, and good enough to learn and to queue from."""

import dataclasses

import numpy as np
import pytest

from assets.reading.features import new_student
from labeling.gold import Gold
from labeling.student.opinion import form
from resources.models.vectors.embeddings import embedder
from resources.task.errors import TaskError
from resources.task.reading import read_spec
from resources.task.settings.student import Embeddings, Student
from resources.task.task import Task
from tests.conftest import ROOT
from tests.fakes.provider.server import FakeProvider, letters

KEY = "sk-canary-0123456789abcdef"


@pytest.fixture
def provider():
    with FakeProvider(lambda _: "", key=KEY) as running:
        yield running


@pytest.fixture
def task(provider, tmp_path, monkeypatch) -> Task:
    monkeypatch.setenv("EMBEDDING_KEY", KEY)
    return with_embeddings(
        tmp_path, model="openai/fake-vectors", api_base=provider.url,
        api_key_variable="EMBEDDING_KEY", at_once=3,
    )  # fmt: skip


def with_embeddings(var, **settings) -> Task:
    folder = ROOT / "tasks" / "youtube_spam"
    student = Student(features="embeddings", embeddings=Embeddings(**settings))
    return Task(folder, read_spec(folder).model_copy(update={"student": student}), var)


def test_each_text_is_asked_once_whatever_the_order_and_the_run(provider, task):
    texts = ["abc", "aab", "xyz", "abc", "zz"]
    first = embedder(task)(texts)
    expected = np.array([letters(text) for text in texts])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(first, expected, atol=1e-6)
    assert [m.question for m in provider.meter] == ["3", "1"]
    again = embedder(dataclasses.replace(task))(["zz", "new", "abc"])
    np.testing.assert_array_equal(again[[0, 2]], first[[4, 0]])
    assert [m.question for m in provider.meter] == ["3", "1", "1"]


def test_an_empty_text_has_a_vector_too(task):
    assert np.isfinite(embedder(task)(["", "abc"])).all()


def test_a_student_learns_from_vectors_and_alters_no_text(provider, task):
    words = ("lovely", "buy")
    texts = [f"{word} {thing}" for thing in ("rain", "snow", "fog", "wind") for word in words] * 5
    good = np.tile([[0.9, 0.1], [0.1, 0.9]], (len(texts) // 2, 1))
    current = np.arange(len(texts)) >= 24
    none = Gold(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32))
    opinion = form(
        new_student(task, "text"), texts, good, np.ones(len(texts), dtype=bool), none, current,
        twins=lambda own: np.arange(len(own)),
    )  # fmt: skip
    assert opinion is not None
    assert np.mean(opinion.unseen.argmax(axis=1) == good[current].argmax(axis=1)) == 1
    asked = {text for m in provider.meter for text in m.body["input"]}
    assert asked == set(texts)


def test_nothing_is_asked_once_the_budget_is_spent(provider, tmp_path):
    task = with_embeddings(
        tmp_path, model="openai/fake-vectors", api_base=provider.url, budget_usd=0
    )
    with pytest.raises(TaskError, match=r"embeddings\.budget_usd: \$0\.00 of \$0\.00 are spent"):
        embedder(task)(["abc"])
    assert provider.meter == []


def test_a_refused_key_is_told_without_the_key_and_the_text(task, monkeypatch):
    monkeypatch.setenv("EMBEDDING_KEY", "sk-wrong-0123456789abcdef")
    with pytest.raises(TaskError, match="fake-vectors does not answer") as caught:
        embedder(task)(["a secret thing"])
    assert "sk-wrong" not in str(caught.value)
    assert "secret thing" not in str(caught.value)
    monkeypatch.delenv("EMBEDDING_KEY")
    with pytest.raises(TaskError, match="EMBEDDING_KEY is not set in the environment"):
        embedder(task)


def test_embeddings_without_a_model_are_an_error_in_task_yaml():
    with pytest.raises(ValueError, match=r"needs embeddings: \{model: \.\.\.\} beside it"):
        Student(features="embeddings")


def test_words_need_no_model(tmp_path):
    folder = ROOT / "tasks" / "youtube_spam"
    assert embedder(Task(folder, read_spec(folder), tmp_path)) is None
