"""Zero-shot voters of a task: what they say, of which version, and what task.yaml may ask of them."""

import dataclasses
import shutil

import pyarrow as pa
import pytest
from PIL import Image

from resources.sources.zero_shot import ZeroShotVoters, load_models
from resources.task.errors import TaskError
from resources.task.reading import read_spec
from resources.task.settings.remakes import hash_of
from resources.task.settings.schema import TaskSpec
from resources.task.settings.section import Remakes
from resources.task.settings.zero_shot import ZeroShot
from resources.task.task import Task
from tests.conftest import ROOT
from tests.fakes.clip_weights import write_clip
from tests.fakes.provider.server import FakeProvider, letters

SOURCE = ZeroShotVoters()
SPEC = read_spec(ROOT / "tasks" / "youtube_spam")


@pytest.fixture
def provider():
    with FakeProvider(lambda _: "") as running:
        yield running


def told(**changes) -> TaskSpec:
    """The settings of a small task; vectors count letters, so classes are a matter of spelling."""
    said = {
        "name": "letters",
        "classes": [
            {"name": "spam", "phrases": ["buy buy buy", "buy now"]},
            {"name": "other_things", "description": "hello lovely world"},
        ],
        "source": {"files": "*.csv"},
    }
    return TaskSpec.model_validate({**said, **changes})


def voter(provider, **more) -> dict:
    embeddings = {"model": "hosted_vllm/fake-vectors", "api_base": provider.url}
    return {"name": "near", "embeddings": embeddings, **more}


def task_of(var, spec) -> Task:
    return Task(var / "letters", spec, var)


def items(*texts, images=None) -> pa.Table:
    n = len(texts)
    return pa.table(
        {
            "item_id": [f"i{at}" for at in range(n)],
            "text": pa.array(texts, pa.string()),
            "image": pa.array(images or [None] * n, pa.string()),
        }
    )


def silences(said) -> list[tuple[str, str]]:
    """Items without a vote of the only voter, and why."""
    return [(row["item_id"], row["reason"]) for row in said.abstentions.to_pylist()]


def test_an_item_gets_the_class_whose_words_it_is_like_and_a_confidence(provider, tmp_path):
    task = task_of(tmp_path, told(zero_shot=[voter(provider)]))
    said = SOURCE.vote(task, items("buy buy now", "hello world", "", None))
    rows = said.votes.to_pylist()
    assert [(r["item_id"], r["voter"], r["label"]) for r in rows] == [
        ("i0", "zero_shot/near", "spam"), ("i1", "zero_shot/near", "other_things"),
    ]  # fmt: skip
    assert all(0.5 < row["confidence"] <= 1 for row in rows)
    assert silences(said) == [("i2", "no text"), ("i3", "no text")]
    assert said.abstentions.schema == said.silent
    assert said.votes.schema == said.schema


def test_a_lead_below_the_margin_is_no_vote(provider, tmp_path):
    task = task_of(tmp_path, told(zero_shot=[voter(provider, scale=1, margin=0.6)]))
    said = SOURCE.vote(task, items("buy", "hello"))
    assert said.votes.num_rows == 0
    assert said.votes.schema == said.schema
    assert silences(said) == [(at, "its lead is below 0.6") for at in ("i0", "i1")]


def test_words_and_items_are_asked_once_and_the_template_is_around_words_alone(provider, tmp_path):
    shown = voter(provider, template="it says {class}!")
    task = task_of(tmp_path, told(zero_shot=[shown]))
    for _ in range(2):
        SOURCE.vote(task, items("some text"))
    asked = [text for request in provider.meter for text in request.body["input"]]
    assert sorted(asked) == [
        "it says buy buy buy!", "it says buy now!", "it says hello lovely world!", "some text",
    ]  # fmt: skip


def test_a_class_without_words_goes_by_its_name(provider, tmp_path):
    classes = [{"name": "buy_now"}, {"name": "hello"}]
    task = task_of(tmp_path, told(zero_shot=[voter(provider)], classes=classes))
    SOURCE.vote(task, items("x"))
    asked = {text for request in provider.meter for text in request.body["input"]}
    assert {"buy now", "hello"} <= asked


def test_a_version_hangs_on_all_that_votes_hang_on_and_on_nothing_else(provider, tmp_path):
    def version(**more):
        classes = more.pop("classes", told().model_dump()["classes"])
        task = task_of(tmp_path, told(zero_shot=[voter(provider, **more)], classes=classes))
        return SOURCE.versions(task)["zero_shot/near"]

    before, classes = version(), told().model_dump()["classes"]
    assert version(template="{class}") == before, "which is what it is unsaid"
    assert version(classes=classes[::-1]) == before
    assert version(classes=[{**classes[0], "name": "junk"}, classes[1]]) == before
    other = [{**classes[0], "phrases": ["buy it"]}, classes[1]]
    changed = {
        version(template="of {class}"), version(scale=5), version(margin=0.1),
        version(classes=other),
    }  # fmt: skip
    assert len(changed | {before}) == 5


def test_settings_that_cannot_be_are_refused_in_words(provider):
    one = voter(provider)
    both = {**one, "clip": {}}
    cases = [
        ([{"name": "near"}], {}, "exactly one of clip, sentence_transformers and embeddings"),
        ([both], {}, "found clip and embeddings"),
        ([one, one], {}, "'near' stands more than once"),
        ([{**one, "template": "a photo"}], {}, r"no place for the class; write \{class\} there"),
        ([{"name": "eye", "clip": {}}], {}, "eye looks at pictures, and needs source.image"),
        ([{"name": "eye", "clip": {"model": "RN50"}}], {}, "ViT-B-32"),
        ([one], {"kind": "several"}, "zero_shot: it says which one of the classes an item is"),
        ([{**one, "margin": 1}], {}, "less than 1"),
        ([{**one, "scale": 0}], {}, "greater than 0"),
    ]
    for voters, more, reason in cases:
        with pytest.raises(ValueError, match=reason):
            told(zero_shot=voters, **more)


def test_a_task_without_such_voters_keeps_its_stamp_and_loads_nothing(tmp_path):
    assert SOURCE.versions(Task(ROOT, SPEC, tmp_path)) == {}
    assert load_models(Task(ROOT, SPEC, tmp_path)) == []
    plain = SPEC.model_dump()
    assert plain.pop("zero_shot") == ()
    assert hash_of(SPEC, Remakes.VOTES) == hash_of(
        TaskSpec.model_validate({**plain, "zero_shot": []}), Remakes.VOTES
    )


def test_texts_that_are_all_empty_get_no_vote_and_a_reason_each(provider, tmp_path):
    task = task_of(tmp_path, told(zero_shot=[voter(provider)]))
    said = SOURCE.vote(task, items("", " \n", None))
    assert said.votes.num_rows == 0
    assert silences(said) == [(f"i{at}", "no text") for at in range(3)]
    assert SOURCE.vote(task, items()).abstentions.num_rows == 0


def test_a_model_that_is_another_one_under_the_same_name_is_told(provider, tmp_path):
    task = task_of(tmp_path, told(zero_shot=[voter(provider)]))
    SOURCE.vote(task, items("buy"))
    before = len(letters("buy"))
    provider.vectors = lambda text: [*letters(text), 1.0]
    for texts in (["buy", "some other text"], ["nothing that was seen"]):
        with pytest.raises(
            TaskError, match=rf"{before}.* {before + 1}|{before + 1} .* {before}"
        ) as told_:
            SOURCE.vote(task, items(*texts))
        assert "another model than before under the same name" in str(told_.value)


def test_a_class_that_is_added_is_compared_with_and_makes_another_version(provider, tmp_path):
    classes = [*told().model_dump()["classes"], {"name": "zzz", "phrases": ["zzzz zzz"]}]
    before = task_of(tmp_path, told(zero_shot=[voter(provider)]))
    after = task_of(tmp_path, told(zero_shot=[voter(provider)], classes=classes))
    assert SOURCE.versions(before) != SOURCE.versions(after)
    (vote,) = SOURCE.vote(after, items("zz zzz")).votes.to_pylist()
    assert vote["label"] == "zzz"


def test_pictures_are_compared_with_words_and_those_without_one_are_told(tmp_path):
    for needed in ("fastembed", "onnx"):
        pytest.importorskip(needed, reason="`make test` installs it")
    write_clip(tmp_path / "letters" / "weights")
    for at, colour in enumerate(("red", "blue")):
        Image.new("RGB", (20, 20), colour).save(tmp_path / "letters" / f"{at}.png")
    spec = told(
        classes=[{"name": "warm", "phrases": ["red"]}, {"name": "cold", "phrases": ["blue"]}],
        source={"files": "*.csv", "image": "image"},
        zero_shot=[{"name": "eye", "clip": {"weights": "weights"}}],
    )
    task = task_of(tmp_path, spec)
    said = SOURCE.vote(task, items("", "", "a text", images=["0.png", "1.png", None]))
    assert [(r["item_id"], r["label"]) for r in said.votes.to_pylist()] == [
        ("i0", "warm"), ("i1", "cold"),
    ]  # fmt: skip
    assert min(said.votes["confidence"].to_pylist()) > 0.99, "scaled by 100, as it was trained"
    assert silences(said) == [("i2", "no image")]
    before = SOURCE.versions(task)
    write_clip(tmp_path / "letters" / "weights", seed=1)
    assert SOURCE.versions(task) != before
    assert load_models(task) == ["zero_shot/eye"]
    gone = [ZeroShot.model_validate({"name": "eye", "clip": {"weights": "none"}})]
    without = dataclasses.replace(task, spec=spec.model_copy(update={"zero_shot": gone}))
    with pytest.raises(TaskError, match="the weights of ViT-B-32 are missing"):
        load_models(without)


def test_weights_that_are_damaged_or_gone_between_two_batches_are_told(tmp_path):
    for needed in ("fastembed", "onnx"):
        pytest.importorskip(needed, reason="`make test` installs it")
    weights = tmp_path / "letters" / "weights"
    write_clip(weights)
    for at, colour in enumerate(("red", "blue", "green")):
        Image.new("RGB", (20, 20), colour).save(tmp_path / "letters" / f"{at}.png")
    spec = told(
        source={"files": "*.csv", "image": "image"},
        zero_shot=[{"name": "eye", "clip": {"weights": "weights"}}],
    )
    task = task_of(tmp_path, spec)
    SOURCE.vote(task, items("", images=["0.png"]))
    model = weights / "vision" / "model.onnx"
    model.write_bytes(model.read_bytes()[:100])
    with pytest.raises(TaskError, match=r"do not fit the vision part .* get them again with"):
        SOURCE.vote(task, items("", images=["1.png"]))
    shutil.rmtree(weights)
    for look in (
        lambda: SOURCE.vote(task, items("", images=["2.png"])),
        lambda: SOURCE.versions(task),
    ):
        with pytest.raises(
            TaskError, match=r"weights of ViT-B-32 are missing: .* get them once with"
        ):
            look()
