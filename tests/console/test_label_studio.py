"""The sync against a fake that speaks Label Studio's API over a socket.

The answers are shaped as Label Studio 1.23.0 gave them; ``bench/console/label_studio.py`` runs the
same sync against the real one.
"""

import base64
import json
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from console.label_studio.client import LabelStudio
from console.label_studio.sync import HOLDER, sync
from labeling.kinds.several.kind import Several
from labeling.kinds.several.limits import Limits
from resources.reviews.rows import Assignment, ReviewError
from resources.reviews.store import ReviewStore
from resources.reviews.writing.leases import Mix
from tests.fakes.label_studio import PERSONAL, TOKEN, FakeStudio
from tests.fakes.pictures import data_url


@pytest.fixture
def studio():
    fake = FakeStudio()
    yield fake
    fake.shutdown()
    fake.server_close()


@pytest.fixture
def store(tmp_path):
    store = ReviewStore(tmp_path / "r.sqlite", seed=0)
    store.plan(
        Assignment(
            item_id=str(i), batch="b", origin="audit" if i % 3 == 0 else "queue", text=f"text {i}",
            suggestion="SPAM", probability=0.2, context={"highlights": [{"start": 0, "end": 1}]},
        )
        for i in range(30)
    )  # fmt: skip
    yield store
    store.close()


def test_what_waits_is_pushed_and_what_was_annotated_is_pulled_once(studio, store):
    with LabelStudio(studio.url, TOKEN) as client:
        project = client.project("spam", ["HAM", "SPAM"])
        assert client.project("spam", ["HAM", "SPAM"]) == project
        assert sync(store, client, project, keep=10).pushed == 10
        studio.annotate(studio.tasks[0], "HAM")
        studio.annotate(studio.tasks[1])
        first, second = (sync(store, client, project, keep=10) for _ in range(2))

    assert (first.pulled, first.pushed, first.waiting) == (2, 2, 10)
    assert (second.pulled, second.pushed) == (0, 0)
    labelled, skipped = store.reviews().to_pylist()
    assert (labelled["reviewer"], labelled["label"], labelled["seconds"]) == (
        "label-studio/eve@example.org",
        "HAM",
        3.2,
    )
    assert labelled["at"].isoformat() == "2026-03-14T09:00:00.000001+00:00"
    assert skipped["outcome"] == "skip"
    assert {t["data"]["text"] for t in studio.tasks} == {
        f"text {t['data']['touchstone']['item_id']}" for t in studio.tasks
    }


@pytest.fixture
def gallery(tmp_path):
    """A store of items with images of all kinds, and their folder."""
    folder = tmp_path / "images"
    folder.mkdir()
    small, large = Image.new("RGB", (30, 20), "gold"), Image.effect_noise((2400, 1800), 90)
    small.save(folder / "small.png")
    large.save(folder / "large.png")
    kinds = {
        "small": "small.png", "large": "large.png", "gone": "gone.png", "outside": "../r.sqlite",
        "address": "https://example.org/a.jpg", "data": data_url(small), "none": None,
    }  # fmt: skip
    store = ReviewStore(tmp_path / "r.sqlite", seed=0)
    store.plan(
        Assignment(item_id=name, batch="b", origin="queue", text=f"words of {name}", image=image)
        for name, image in kinds.items()
    )
    yield store, folder
    store.close()


def test_images_are_sent_so_that_label_studio_can_show_them(studio, gallery):
    store, folder = gallery
    with LabelStudio(studio.url, TOKEN) as client:
        project = client.project("walls", ["HAM", "SPAM"], image=True)
        assert sync(store, client, project, keep=20, images=folder).pushed == 7
    assert '<Image name="item" value="$image"' in studio.projects[0]["label_config"]
    shown = {t["data"]["touchstone"]["item_id"]: t["data"]["image"] for t in studio.tasks}
    assert all(t["data"]["text"].startswith("words of") for t in studio.tasks)
    assert shown["address"] == "https://example.org/a.jpg"
    assert [shown[name] for name in ("gone", "outside", "none")] == ["", "", ""]
    assert opened(shown["small"]).size == opened(shown["data"]).size == (30, 20)
    large = opened(shown["large"])
    assert large.size == (1600, 1200)
    assert len(shown["large"]) < 2_000_000 < (folder / "large.png").stat().st_size


def test_a_large_parcel_is_sent_in_parts_and_what_did_not_arrive_comes_back(
    studio, gallery, monkeypatch
):
    store, folder = gallery
    monkeypatch.setattr("console.label_studio.sync.LARGEST_REQUEST", 100)
    with LabelStudio(studio.url, TOKEN) as client:
        project = client.project("walls", ["HAM", "SPAM"], image=True)
        add, parts = client.add, []

        def break_at_the_third(project, tasks):
            if len(parts) == 2:
                raise ReviewError("gone", "unreachable")
            parts.append(tasks)
            add(project, tasks)

        monkeypatch.setattr(client, "add", break_at_the_third)
        with pytest.raises(ReviewError, match="gone"):
            sync(store, client, project, keep=20, images=folder)
        arrived = {t["data"]["touchstone"]["item_id"] for t in studio.tasks}
        assert len(studio.tasks) == sum(map(len, parts)) < 7
        monkeypatch.setattr(client, "add", add)
        assert sync(store, client, project, keep=20, images=folder).pushed == 7 - len(arrived)
    assert len(studio.tasks) == len({t["data"]["touchstone"]["item_id"] for t in studio.tasks}) == 7


def opened(url):
    assert url.startswith("data:image/")
    return Image.open(BytesIO(base64.b64decode(url.partition(",")[2])))


def test_an_edited_annotation_supersedes_the_earlier_one(studio, store):
    with LabelStudio(studio.url, TOKEN) as client:
        sync(store, client, client.project("spam", ["HAM", "SPAM"]), keep=1)
        studio.annotate(studio.tasks[0], "HAM")
        sync(store, client, 1, keep=1)
        studio.tasks[0]["annotations"][0]["updated_at"] = "2026-03-15T09:00:00Z"
        studio.tasks[0]["annotations"][0]["result"][0]["value"]["choices"] = ["SPAM"]
        assert sync(store, client, 1, keep=1).pulled == 1
    assert store.reviews()["superseded"].to_pylist() == [True, False]


def test_a_pushed_item_is_not_handed_out_in_the_console_and_audits_stay_blind(studio, store):
    with LabelStudio(studio.url, TOKEN) as client:
        project = client.project("spam", ["HAM", "SPAM"])
        sync(store, client, project, keep=30, audit_rate=0.5, suggestions=True)
    assert store.hand_out("anna", 30, mix=Mix(overlap=0, check=0)) == []
    hinted = {t["data"]["touchstone"]["item_id"] for t in studio.tasks if "predictions" in t}
    assert hinted
    assert not any(int(item) % 3 == 0 for item in hinted)
    assert "audit" not in json.dumps(studio.tasks)


def test_items_come_back_when_label_studio_breaks(studio, store):
    with LabelStudio(studio.url, TOKEN) as client:
        project = client.project("spam", ["HAM", "SPAM"])
        studio.broken = True
        with pytest.raises(ReviewError, match="answered POST /api/projects/1/import with 500"):
            sync(store, client, project)
    with store.database.read() as db:
        assert db.execute("select count(*) from leases where state = 'out'").fetchone()[0] == 0
        assert (
            db.execute("select count(*) from leases where reviewer = ?", (HOLDER,)).fetchone()[0]
            == 30
        )


def test_a_personal_access_token_is_exchanged_and_a_wrong_one_is_told(studio):
    with LabelStudio(studio.url, PERSONAL) as client:
        assert client.project("spam", ["HAM", "SPAM"]) == 1
    with LabelStudio(studio.url, "wrong") as client, pytest.raises(ReviewError, match="with 401"):
        client.project("spam", ["HAM", "SPAM"])


def test_a_label_studio_that_is_not_there_is_told():
    with (
        LabelStudio("http://127.0.0.1:9", TOKEN) as client,
        pytest.raises(ReviewError, match="cannot be reached"),
    ):
        client.project("spam", ["HAM", "SPAM"])


def offered(studio):
    """The choices of the label as Label Studio would show them."""
    (control,) = [
        one
        for one in ET.fromstring(studio.projects[0]["label_config"]).iter("Choices")
        if one.get("name") == "label"
    ]
    return [choice.get("value") for choice in control]


@pytest.mark.parametrize(
    "classes",
    [
        ["HAM", "SPAM", "OTHER"],
        ["OTHER", "HAM", "SPAM"],
        ["HAM", "JUNK"],
        ["SPAM", "HAM"],
        ["HAM", 'R&D "x" <y>'],
    ],
    ids=["added", "added first", "renamed", "in another order", "odd"],
)
def test_the_choices_follow_the_classes_and_the_rest_of_the_page_stays(studio, store, classes):
    with LabelStudio(studio.url, TOKEN) as client:
        project = client.project("spam", ["HAM", "SPAM"])
        found = studio.projects[0]
        found["label_config"] = found["label_config"].replace(
            "<View>", '<View><!-- ours --><Header value="Read &amp; choose"/>'
        )
        assert client.project("spam", classes) == project
        told = str(sync(store, client, project, keep=3))
    assert offered(studio) == classes
    assert '<!-- ours --><Header value="Read &amp; choose"' in found["label_config"]
    assert 'Choice value="unsure"' in found["label_config"]
    assert told.endswith("wait there")


def test_classes_that_did_not_change_write_nothing_to_label_studio(studio):
    with LabelStudio(studio.url, TOKEN) as client:
        client.project("spam", ["HAM", "SPAM"])
        before = studio.projects[0]["label_config"]
        client.project("spam", ["HAM", "SPAM"])
        client.project("spam", ["HAM", "SPAM"])
    assert studio.projects[0]["label_config"] is before
    assert studio.patched == 0


def test_a_choice_that_annotations_use_stays_beside_the_new_ones_and_is_told(studio, store):
    with LabelStudio(studio.url, TOKEN) as client:
        project = client.project("spam", ["HAM", "SPAM"])
        sync(store, client, project, keep=3)
        studio.annotate(studio.tasks[0], "SPAM")
        client.project("spam", ["HAM", "JUNK"])
        synced = sync(store, client, project, keep=3)
    assert offered(studio) == ["HAM", "JUNK", "SPAM"]
    assert synced.pulled == 1
    assert "still exist in annotations: SPAM" in str(synced)
    assert "the classes are HAM, JUNK" in str(synced)


def test_a_page_without_choices_of_ours_is_left_alone_and_told(studio, store):
    with LabelStudio(studio.url, TOKEN) as client:
        project = client.project("spam", ["HAM", "SPAM"])
        for config in (
            '<View><Text name="t" value="$text"/><Choices name="sort" toName="t"/></View>',
            "<View>",
            '<!DOCTYPE a [<!ENTITY b "c">]><View/>',
        ):
            studio.projects[0]["label_config"] = config
            client.project("spam", ["HAM", "JUNK"])
            assert studio.projects[0]["label_config"] == config
            told = str(sync(store, client, project, keep=1))
            assert "not kept in step" in told
            assert "let it offer HAM, JUNK" in told


@pytest.fixture
def sets(tmp_path):
    kind = Several(Limits(excludes=(("late", "praise"),)))
    store = ReviewStore(tmp_path / "s.sqlite", seed=0, kind=kind)
    store.plan(
        Assignment(item_id=str(i), batch="b", origin="queue", text=f"text {i}",
                   suggestion='["broken", "late"]' if i % 2 else "[]") for i in range(8)
    )  # fmt: skip
    yield store
    store.close()


def test_sets_are_pushed_as_choices_and_pulled_as_lists(studio, sets):
    classes = ["late", "broken", "praise"]
    with LabelStudio(studio.url, TOKEN) as client:
        project = client.project("box", classes, kind=sets.kind)
        sync(sets, client, project, keep=6, suggestions=True, classes=classes)
        for task, chosen in zip(
            studio.tasks,
            ({"label": ["late", "broken"]}, {"doubt": ["none"]}, {}, {"doubt": ["unsure"]}),
            strict=False,
        ):
            studio.submit(task, chosen)
        assert sync(sets, client, project, keep=6, classes=classes).pulled == 4
    shown = {
        (region["from_name"], *region["value"]["choices"])
        for task in studio.tasks
        for prediction in task.get("predictions", [])
        for region in prediction["result"]
    }
    assert (
        {("label", "broken", "late")} <= shown <= {("label", "broken", "late"), ("doubt", "none")}
    )
    said = [(one["outcome"], one["label"]) for one in sets.reviews().to_pylist()]
    assert said == [
        ("label", '["broken", "late"]'),
        ("label", "[]"),
        ("label", "[]"),
        ("unsure", None),
    ]


def test_a_set_that_the_task_does_not_allow_stays_there_and_is_told_until_it_is_corrected(
    studio, sets
):
    classes = ["late", "broken", "praise"]
    with LabelStudio(studio.url, TOKEN) as client:
        project = client.project("box", classes, kind=sets.kind)
        sync(sets, client, project, keep=3, classes=classes)
        studio.submit(studio.tasks[0], {"label": ["late", "praise"]})
        studio.submit(studio.tasks[1], {"label": ["late"], "doubt": ["none"]})
        studio.submit(studio.tasks[2], {"label": ["praise"]})
        first = sync(sets, client, project, keep=3, classes=classes)
        for day, task in ((15, studio.tasks[0]), (16, studio.tasks[1])):
            task["annotations"].clear()
            studio.submit(task, {"label": ["late"]}, at=f"2026-03-{day}T09:00:00.000001Z")
        client.note = ""
        second = sync(sets, client, project, keep=3, classes=classes)
    assert first.pulled == 1
    assert "2 answers are not taken in" in str(first)
    assert "late and praise exclude each other" in str(first)
    assert (second.pulled, second.note) == (2, "")


def test_a_project_lets_several_be_chosen_once_the_task_does(studio):
    with LabelStudio(studio.url, TOKEN) as client:
        client.project("box", ["a", "b"])
        client.project("box", ["a", "b"], kind=Several())
        page = ET.fromstring(studio.projects[0]["label_config"])
        client.project("box", ["a", "b"], kind=Several())
    assert page.find("Choices[@name='label']").get("choice") == "multiple"
    assert studio.patched == 1
