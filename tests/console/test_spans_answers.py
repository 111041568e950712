"""Answers that mark stretches of a text: what the console takes, refuses, and sets aside."""

import json
from contextlib import closing

import pytest

from console.quality import people_quality
from console.settings import ClassInfo
from labeling.kinds.spans.kind import SpansOfClasses
from resources.reviews.aside import bring_up
from resources.reviews.rows import Assignment
from resources.reviews.sight import CurrentItem
from resources.reviews.store import ReviewStore
from tests.console.conftest import BATCH, answer, hand_out, local_client, send, settings

CLASSES = [ClassInfo("Drug"), ClassInfo("Disease")]
TEXT = "aspirin for gout"


def open_store(tmp_path, **more):
    return ReviewStore(tmp_path / "reviews.sqlite", kind=SpansOfClasses(**more))


def put_up(tmp_path, *texts, origin="queue", **more):
    with closing(open_store(tmp_path)) as store:
        store.plan(
            Assignment(item_id=str(i), batch=BATCH, origin=origin, text=text, **more)
            for i, text in enumerate(texts)
        )


def edit(tmp_path, text, item="0"):
    with closing(open_store(tmp_path)) as store:
        return bring_up(store, [CurrentItem(item, BATCH, text, None)])


def stored(tmp_path):
    with closing(open_store(tmp_path)) as store:
        return [row["label"] for row in store.reviews().to_pylist() if not row["aside"]]


def console(tmp_path, **more):
    kind = SpansOfClasses(**more)
    return local_client(settings(tmp_path, classes=CLASSES, kind=kind))


def test_spans_are_stored_in_their_order(tmp_path):
    put_up(tmp_path, TEXT)
    with console(tmp_path) as client:
        (item,) = hand_out(client)
        (reply,) = send(client, answer(item, '[[12,16,"Disease"],[0,7,"Drug"],[0,7,"Drug"]]'))
    assert reply["status"] == "stored"
    assert stored(tmp_path) == ['[[0, 7, "Drug"], [12, 16, "Disease"]]']


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ('[[0, 17, "Drug"]]', "the span 0..17 ends behind the text, which has 16 characters"),
        ('[[-1, 7, "Drug"]]', "begins before the text"),
        ('[[7, 7, "Drug"]]', "does not end after it begins"),
        ('[[0, 7, "Drug"], [5, 9, "Disease"]]', "overlap, and this task allows no overlap"),
        ('[[0, 7, "Place"]]', "'Place' is no class"),
        ("Drug", "no list of spans"),
        ('{"found": [[0, 7, "Drug"]]}', "no list of spans"),
    ],
)
def test_what_cannot_be_marked_is_refused_with_the_reason(tmp_path, label, reason):
    put_up(tmp_path, TEXT)
    with console(tmp_path) as client:
        (item,) = hand_out(client)
        (reply,) = send(client, answer(item, label))
        assert reply["status"] == "refused"
        assert reason in reply["message"]
        (again,) = send(client, answer(item, "[]", key="another-key"))
    assert again["status"] == "stored"
    assert stored(tmp_path) == ["[]"]


def test_a_refusal_repeats_no_more_of_a_long_answer_than_its_beginning(tmp_path):
    put_up(tmp_path, TEXT)
    with console(tmp_path) as client:
        (item,) = hand_out(client)
        (reply,) = send(client, answer(item, "[" * 5000))
    assert reply["status"] == "refused"
    assert len(reply["message"]) < 500


def test_offsets_count_characters_and_not_units_of_utf_16(tmp_path):
    put_up(tmp_path, "👩‍⚕️ took aspirin")
    with console(tmp_path) as client:
        (item,) = hand_out(client)
        assert len(item["text"]) == 17
        kept, lost = (
            send(client, answer(item, f'[[10, {end}, "Drug"]]', key=f"to-the-{end}"))[0]
            for end in (17, 18)
        )
    assert kept["status"] == "stored"
    assert lost["status"] == "refused"


def test_spans_may_share_characters_where_the_task_says_so(tmp_path):
    put_up(tmp_path, TEXT)
    both = '[[0, 7, "Drug"], [0, 16, "Disease"]]'
    with console(tmp_path, overlap=True) as client:
        (item,) = hand_out(client)
        (reply,) = send(client, answer(item, both))
    assert reply["status"] == "stored"
    assert stored(tmp_path) == [both]


def test_two_thousand_spans_are_one_answer(tmp_path):
    put_up(tmp_path, "gout " * 2000)
    spans = [[5 * i, 5 * i + 4, "Disease"] for i in range(2000)]
    with console(tmp_path) as client:
        (item,) = hand_out(client)
        (reply,) = send(client, answer(item, json.dumps(spans)))
    assert reply["status"] == "stored"
    assert json.loads(stored(tmp_path)[0]) == spans


@pytest.mark.parametrize("now", ["aspirin for the gout", " aspirin for gout", "aspirin for gout\n"])
def test_an_answer_to_a_text_that_was_edited_meanwhile_is_refused_and_the_item_comes_anew(
    tmp_path, now
):
    put_up(tmp_path, TEXT)
    with console(tmp_path) as client:
        (item,) = hand_out(client)
        edit(tmp_path, now)
        (reply,) = send(client, answer(item, '[[0, 7, "Drug"]]'))
        (again,) = hand_out(client)
    assert (reply["status"], reply["code"]) == ("refused", "changed")
    assert "edited while it was open" in reply["message"]
    assert again["text"] == now
    assert stored(tmp_path) == []


def test_spans_of_a_text_that_was_edited_later_count_no_more_until_it_is_back(tmp_path):
    put_up(tmp_path, TEXT)
    with console(tmp_path) as client:
        (item,) = hand_out(client)
        send(client, answer(item, '[[0, 7, "Drug"]]'))
        edit(tmp_path, "  aspirin for gout")
        assert stored(tmp_path) == []
        assert client.get("/api/history").json()["items"] == []
        (again,) = hand_out(client)
        assert again["given"] is None
    edit(tmp_path, TEXT)
    assert stored(tmp_path) == ['[[0, 7, "Drug"]]']


def test_spans_of_a_text_that_was_redacted_since_count_no_more(tmp_path):
    put_up(tmp_path, "ask ann@example.org for aspirin")
    with console(tmp_path) as client:
        (item,) = hand_out(client)
        send(client, answer(item, '[[24, 31, "Drug"]]'))
    assert edit(tmp_path, "ask [email] for aspirin") == [("0", BATCH)]
    assert stored(tmp_path) == []


def test_an_answer_that_is_sent_again_after_the_edit_is_known(tmp_path):
    put_up(tmp_path, TEXT)
    with console(tmp_path) as client:
        (item,) = hand_out(client)
        said = answer(item, '[[0, 7, "Drug"]]')
        send(client, said)
        edit(tmp_path, "gout")
        assert send(client, said)[0]["status"] == "replayed"


def test_a_task_of_one_class_of_spans_has_a_console(tmp_path):
    assert settings(tmp_path, classes=CLASSES[:1], kind=SpansOfClasses()).names == ("Drug",)


def test_keys_of_the_page_are_no_keys_of_classes(tmp_path):
    classes = [ClassInfo(f"class {i}") for i in range(12)]
    keys = {one.key for one in settings(tmp_path, classes=classes, kind=SpansOfClasses()).classes}
    assert keys.isdisjoint(set("0=-+"))


def test_people_agree_where_every_span_is_the_same(tmp_path):
    put_up(tmp_path, TEXT, TEXT)
    with closing(open_store(tmp_path)) as store:
        for item, who, label in (
            ("0", "ann", '[[0, 7, "Drug"]]'),
            ("0", "ben", '[[0, 7, "Drug"]]'),
            ("1", "ann", '[[0, 7, "Drug"]]'),
            ("1", "ben", '[[0, 8, "Drug"]]'),
        ):
            key = f"{who}-{item}-key"
            store.record(item, BATCH, who, "label", label, "queue", 1.0, idempotency_key=key)
        found = people_quality(store, ("Drug", "Disease"))
    assert (found.agreement.right, found.agreement.n) == (1, 2)
    assert found.alpha is None
    assert found.f1.point == pytest.approx(1 / 2)
    assert found.f1.low < 1 / 2 < found.f1.high
