"""Answers that name several classes: written in one way, settled, carried through changes of classes."""

import json
from typing import ClassVar

import pytest

from console.quality import people_quality
from console.settings import ClassInfo
from labeling.class_changes import ClassChange
from labeling.kinds.kind import AnswerError
from labeling.kinds.several.kind import Several
from labeling.kinds.single.kind import Single
from resources.reviews.rows import Assignment, ReviewError
from resources.reviews.store import ReviewStore
from tests.console.conftest import BATCH, answer, hand_out, local_client, plan, send, settings

AT = "2026-03-01T10:00:00+00:00"


class Sets(Single):
    """Any of the classes at once; written as a sorted list."""

    name: ClassVar[str] = "sets"

    def named(self, answer):
        return tuple(json.loads(answer)) if answer.startswith("[") else (answer,)

    def checked(self, answer, classes):
        chosen = set(json.loads(answer))
        if not chosen <= set(classes):
            raise AnswerError(f"{sorted(chosen)} names no class; allowed: {', '.join(classes)}")
        return json.dumps(sorted(chosen))

    def carried(self, answer, today):
        now = [today(name) for name in self.named(answer)]
        if not answer.startswith("["):
            return now[0]
        return None if None in now else json.dumps(sorted({name for name in now if name}))


BOTH = '["HAM", "SPAM"]'


@pytest.fixture
def store(tmp_path):
    store = ReviewStore(tmp_path / "reviews.sqlite", kind=Sets())
    store.plan(
        [
            Assignment(item_id="q", batch=BATCH, origin="queue", suggestion=BOTH),
            Assignment(item_id="c", batch=BATCH, origin="check", gold=BOTH),
        ]
    )
    store.change_classes(ClassChange("known", {}, ("HAM", "SPAM"), at=AT))
    return store


def say(store, who, label):
    store.record("q", BATCH, who, "label", label, "queue", 1.0, idempotency_key=who)


def labels(store):
    return {row["reviewer"]: row["label"] for row in store.reviews().to_pylist()}


def test_an_answer_is_stored_in_the_one_way_that_its_kind_writes_it(tmp_path):
    plan(tmp_path / "reviews.sqlite", 2)
    with local_client(settings(tmp_path, kind=Sets())) as client:
        one, two = hand_out(client, 2)
        kept, refused = send(client, answer(one, '["SPAM","HAM", "HAM"]'), answer(two, '["EGGS"]'))
    assert kept["status"] == "stored"
    assert refused["message"] == "task 'spam': ['EGGS'] names no class; allowed: HAM, SPAM"
    store = ReviewStore(tmp_path / "reviews.sqlite")
    assert store.reviews()["label"].to_pylist() == [BOTH]


def test_an_answer_may_name_all_classes_and_be_no_longer(tmp_path):
    names = [f'"{i}" '.ljust(80, "é") for i in range(60)]
    plan(tmp_path / "reviews.sqlite", 2)
    said = settings(tmp_path, classes=[ClassInfo(name) for name in names], kind=Several())
    with local_client(said) as client:
        one, two = hand_out(client, 2)
        kept, refused = send(
            client, answer(one, json.dumps(names)), answer(two, json.dumps([*names, names[0]]))
        )
    assert kept["status"] == "stored"
    assert (refused["status"], refused["code"]) == ("refused", "invalid")
    assert refused["message"].endswith("characters at most")
    (stored,) = ReviewStore(tmp_path / "reviews.sqlite").reviews()["label"].to_pylist()
    assert json.loads(stored) == sorted(names)


def test_a_key_that_the_page_of_the_kind_keeps_is_no_key_of_a_class(tmp_path):
    classes = [ClassInfo(f"class {i}") for i in range(12)]
    given = {one.key for one in settings(tmp_path, classes=classes, kind=Several()).classes}
    assert "9" in given
    assert "0" not in given
    assert "0" in {one.key for one in settings(tmp_path, classes=classes).classes}
    classes[3] = ClassInfo("late", key="0")
    with pytest.raises(ReviewError, match=r"'late' wants the key '0'.*'0' \(none of the classes\)"):
        settings(tmp_path, classes=classes, kind=Several())


def test_a_renamed_class_is_renamed_within_answers_suggestions_and_hidden_gold(store):
    say(store, "ann", BOTH)
    store.change_classes(ClassChange("rename", {"HAM": "good"}, ("good", "SPAM"), at=AT))
    say(store, "ben", '["SPAM", "good"]')
    assert labels(store) == {"ann": '["SPAM", "good"]', "ben": '["SPAM", "good"]'}
    assert store.named() == {"SPAM": 2, "good": 2}
    assert store.open_count("adjudicate") == 0
    with store.database.read() as db:
        said = db.execute("select suggestion from items where item_id = 'q'").fetchone()[0]
        gold = db.execute("select gold from assignments where origin = 'check'").fetchone()[0]
    assert said == gold == '["SPAM", "good"]'


def test_an_answer_that_names_a_class_that_is_gone_is_a_skip(store):
    say(store, "ann", BOTH)
    say(store, "ben", '["SPAM"]')
    store.change_classes(ClassChange("retire", {"HAM": None}, ("SPAM",), at=AT))
    assert labels(store) == {"ann": None, "ben": '["SPAM"]'}
    assert [row[2:] for row in store.gone()] == [(BOTH, "ann")]


def test_people_whose_sets_share_classes_agree_in_part(tmp_path):
    said = [("HAM", "SPAM"), ("HAM",), ("SPAM",), (), ("HAM",), ("HAM", "SPAM")]
    found = []
    for name, second in (("near", [("HAM",), *said[1:]]), ("far", [(), *said[1:]])):
        store = ReviewStore(tmp_path / f"{name}.sqlite", kind=Several())
        store.plan(
            Assignment(item_id=str(i), batch=BATCH, origin="queue", text="x") for i in range(6)
        )
        for who, sets in (("ann", said), ("ben", second)):
            for i, names in enumerate(sets):
                label = json.dumps(sorted(names))
                store.record(
                    str(i),
                    BATCH,
                    who,
                    "label",
                    label,
                    "queue",
                    1.0,
                    idempotency_key=f"{who}-{i}-key",
                )
        found.append(people_quality(store, ("HAM", "SPAM")))
        store.close()
    near, far = found
    assert near.agreement.right == far.agreement.right == 5
    assert 1 > near.alpha > far.alpha > 0
    assert near.alpha_low <= near.alpha <= near.alpha_high
