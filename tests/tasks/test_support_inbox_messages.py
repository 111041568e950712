"""The generated messages: reproducible, various, apart from their truth, changed from batch 9."""

import re
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.tasks.conftest import TASKS, load, read_inbox, read_truth

GENERATOR = load(TASKS / "support_inbox" / "generate.py")
CHANGED = ("2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13")
NEW_WORDS = ("tally", "plug")


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(
    messages: tuple[Path, Path], tmp_path: Path
) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    GENERATOR.generate(again / "inbox", again / "truth")
    GENERATOR.generate(other / "inbox", other / "truth", seed=7)
    for folder, name in zip(messages, ("inbox", "truth"), strict=True):
        for path in folder.iterdir():
            assert (again / name / path.name).read_bytes() == path.read_bytes()
            assert (other / name / path.name).read_bytes() != path.read_bytes()


def test_writing_again_leaves_files_alone_so_that_no_sensor_sees_news(tmp_path: Path) -> None:
    inbox, truth = tmp_path / "inbox", tmp_path / "truth"
    paths = GENERATOR.generate(inbox, truth)
    before = [path.stat().st_mtime_ns for path in paths]
    paths[3].write_text("spoiled")
    GENERATOR.generate(inbox, truth)
    after = [path.stat().st_mtime_ns for path in paths]
    assert [a == b for a, b in zip(before, after, strict=True)] == [i != 3 for i in range(12)]
    assert paths[3].read_text().startswith("{")
    assert not list(tmp_path.rglob("*.part"))


def test_writing_takes_seconds_and_not_minutes(tmp_path: Path) -> None:
    started = time.process_time()
    GENERATOR.generate(tmp_path / "inbox", tmp_path / "truth")
    assert time.process_time() - started < 10


def test_there_are_twelve_consecutive_days_of_about_500_messages(
    messages: tuple[Path, Path],
) -> None:
    sizes = Counter(item["batch"] for item in read_inbox(messages[0]))
    assert list(sizes) == [f"2026-03-{day:02d}" for day in range(2, 14)]
    assert all(470 <= size <= 530 for size in sizes.values())


def test_every_message_has_its_fields_its_day_and_an_id_of_its_own(
    messages: tuple[Path, Path],
) -> None:
    items = read_inbox(messages[0])
    assert len({item["item_id"] for item in items}) == len(items)
    for item in items:
        assert set(item) == {"item_id", "text", "received_at", "channel", "lang", "batch"}
        assert item["received_at"].startswith(item["batch"])
        assert item["channel"] in {"email", "chat", "form"}
        assert item["lang"] in {"en", "de", "es"}
        assert item["text"].strip()


def test_no_slot_or_choice_is_left_unfilled(messages: tuple[Path, Path]) -> None:
    left = [i["text"] for i in read_inbox(messages[0]) if set("{}[]") & set(i["text"])]
    assert left == []


def test_truth_lies_apart_and_covers_every_item_and_class_every_day(
    messages: tuple[Path, Path],
) -> None:
    inbox, truth = messages
    answers = read_truth(truth)
    assert not any("label" in item for item in read_inbox(inbox))
    assert set(answers) == {item["item_id"] for item in read_inbox(inbox)}
    for path in truth.glob("*.csv"):
        found = Counter(line.split(",")[1] for line in path.read_text().splitlines()[1:])
        assert set(found) == set(GENERATOR.CLASSES)
        assert min(found.values()) >= 20


def test_texts_repeat_about_as_often_as_people_do(messages: tuple[Path, Path]) -> None:
    texts = [item["text"] for item in read_inbox(messages[0])]
    assert 0.003 < 1 - len(set(texts)) / len(texts) < 0.02


def test_messages_have_the_traits_that_make_them_hard(messages: tuple[Path, Path]) -> None:
    items = read_inbox(messages[0])
    emails = [item for item in items if item["channel"] == "email"]
    quoted = sum("\n> " in item["text"] for item in emails) / len(emails)
    foreign = sum(item["lang"] != "en" for item in items) / len(items)
    negated = sum("not a" in item["text"] or "No " in item["text"] for item in items)
    assert 0.12 < quoted < 0.25
    assert 0.07 < foreign < 0.13
    assert negated > 100


@pytest.mark.parametrize("word", NEW_WORDS)
def test_the_new_product_is_spoken_of_from_batch_nine_only(
    messages: tuple[Path, Path], word: str
) -> None:
    spoken = re.compile(rf"\b{word}\b", re.IGNORECASE)
    batches = {i["batch"] for i in read_inbox(messages[0]) if spoken.search(i["text"])}
    assert batches == set(CHANGED)


def test_the_new_product_makes_up_a_fifth_of_the_later_batches_as_technical_faults(
    messages: tuple[Path, Path],
) -> None:
    answers = read_truth(messages[1])
    items = read_inbox(messages[0])
    for batch in CHANGED:
        of_batch = [item for item in items if item["batch"] == batch]
        new = [i for i in of_batch if any(word in i["text"].lower() for word in NEW_WORDS)]
        assert 0.12 < len(new) / len(of_batch) < 0.25
        assert all(answers[item["item_id"]] == "technical_fault" for item in new)


def test_every_phrase_names_only_slots_that_exist() -> None:
    phrases = GENERATOR.read_phrases()
    writer = GENERATOR.Writer(phrases, "0")
    given = {"negation": {"noun": "question"}}
    for part, entries in phrases.items():
        for key, templates in entries.items():
            if key in {"share", "reword"}:
                continue
            for template in templates:
                text = writer.expand(template, **given.get(key, {}))
                assert text.strip(), f"{part}.{key}: {template!r}"
                assert "{" not in text, f"{part}.{key}: {template!r}"
