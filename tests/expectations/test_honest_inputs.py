"""What blocks is what cannot be right: odd but honest rows pass every critical expectation."""

from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest

from cli.new.new import create
from expectations.expected import SUITES, read_suite
from expectations.suite import check_batch
from resources.store import tables
from resources.store.table import Table
from resources.store.warehouse import Warehouse
from resources.task.settings.quality import WARNING_CHECKS
from resources.task.task import Task, load_task

DAY = "2026-03-02"
CLASSES = ("nan", "None", "01", "1", "é", "Ω", "a b", "yes")
ODD_IDS = ("1", "01", "nan", "None", "A", "a", " b", "é", "x" * 1000, "=HYPERLINK(1)")
"""One honest item for each of ten odd batches of one item, and all of them in one more."""


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    folder = create(tmp_path_factory.mktemp("project"), "letters")
    path = folder / "task.yaml"
    text = path.read_text(encoding="utf-8")
    classes = "".join(f"  - name: '{name}'\n" for name in CLASSES)
    begin, end = text.index("  - name: praise"), text.index("# Where items come from")
    path.write_text(text[:begin] + classes + "\n" + text[end:], encoding="utf-8")
    return load_task(folder)


@pytest.fixture
def warehouse(tmp_path) -> Warehouse:
    made = Warehouse(path=str(tmp_path / "warehouse.duckdb"))
    yield made
    made.close()


def put(warehouse: Warehouse, table: Table, *rows: dict) -> None:
    with warehouse.connect() as db:
        for row in rows:
            full = {name: [row.get(name)] for name in table.columns} | {"batch": [DAY]}
            db.insert(table, pa.Table.from_pydict(full))


def put_sound(warehouse: Warehouse, ids: tuple[str, ...], odd: int) -> None:
    """Write what the pipeline makes of these items, with whatever odd values are allowed."""
    posterior = [[1 / 8] * 8, [1.0] + [0.0] * 7, [0.1] * 7 + [0.3]][odd % 3]
    for at, item in enumerate(ids):
        label = CLASSES[(odd + at) % len(CLASSES)]
        said = [None, 0.0, 1.0, 5e-324][odd % 4]
        undecided = odd % 5 == 4
        put(warehouse, tables.ITEMS, {"item_id": item, "text": ["", "\U0001f600", "a"][odd % 3]})
        put(warehouse, tables.ARRIVALS, {"item_id": item, "file": "a.csv", "row": at + 1})
        for voter in ("rule/a", "rule/b")[: odd % 3]:
            put(warehouse, tables.RULE_VOTES, {
                "item_id": item, "voter": voter, "version": "v", "label": label,
            })  # fmt: skip
        if odd % 2:
            put(warehouse, tables.MODEL_VOTES, {
                "item_id": item, "voter": "llm/a", "version": "v", "label": label, "confidence": said,
            })  # fmt: skip
        put(warehouse, tables.CONSENSUS, {
            "item_id": item, "label": None if undecided else label, "posterior": posterior,
            "confidence": None if undecided else max(posterior),
        })  # fmt: skip
        put(warehouse, tables.RELEASED, {
            "item_id": item, "label": None if undecided else label,
            "decided_by": "nobody" if undecided else ("consensus", "student")[odd % 2],
        })  # fmt: skip
        outcome = ("label", "skip", "unsure")[odd % 3]
        put(warehouse, tables.REVIEWS, {
            "review_id": odd * 100 + at, "item_id": item, "reviewer": "zoë", "outcome": outcome,
            "label": label if outcome == "label" else None, "seconds": [0.0, 1e6, None][odd % 3],
        })  # fmt: skip


def checked(task: Task, warehouse: Warehouse) -> dict[str, dg.AssetCheckResult]:
    results: dict[str, dg.AssetCheckResult] = {}
    for path in sorted(SUITES.glob("*.yml")):
        suite = read_suite(path, task)
        key = dg.AssetKey([task.name, *suite.table.split(".")])
        chosen = list(suite.expected.values())
        for result in check_batch(key, suite, chosen, warehouse, DAY):
            results[str(result.check_name)] = result
    return results


def blocking(results: dict[str, dg.AssetCheckResult]) -> set[str]:
    error = dg.AssetCheckSeverity.ERROR
    return {name for name, r in results.items() if not r.passed and r.severity is error}


@pytest.mark.parametrize("odd", range(len(ODD_IDS)))
def test_one_odd_item_passes_every_critical_expectation(task, warehouse, odd):
    put_sound(warehouse, (ODD_IDS[odd],), odd)
    assert blocking(checked(task, warehouse)) == set()


@pytest.mark.parametrize("odd", range(len(ODD_IDS)))
def test_ten_items_of_one_odd_kind_pass_every_critical_expectation(task, warehouse, odd):
    put_sound(warehouse, ODD_IDS, odd)
    assert blocking(checked(task, warehouse)) == set()


ITEM = {"item_id": "i", "text": "a"}
VOTE = {"item_id": "i", "voter": "v", "version": "1", "label": "yes"}
JUDGED = {"item_id": "i", "label": "yes", "posterior": [1.0] + [0.0] * 7}
FREED = {"item_id": "i", "label": "yes", "decided_by": "consensus"}
REVIEW = {
    "review_id": 1, "item_id": "i", "reviewer": "ann", "outcome": "label", "label": "yes", "seconds": 2.0,
}  # fmt: skip
CANNOT_BE_RIGHT = {
    "item_id_is_unique": (tables.ITEMS, [ITEM, ITEM]),
    "item_id_is_filled": (tables.ITEMS, [{"text": "a"}]),
    "there_are_items": (tables.ARRIVALS, [{"item_id": "i"}]),
    "consensus_is_one_row_an_item": (tables.CONSENSUS, [JUDGED, JUDGED]),
    "consensus_names_a_class": (tables.CONSENSUS, [{**JUDGED, "label": "eggs"}]),
    "posterior_adds_up_to_one": (tables.CONSENSUS, [{**JUDGED, "posterior": [float("nan")] * 8}]),
    "every_item_has_a_consensus": (tables.ITEMS, [ITEM]),
    "released_is_one_row_an_item": (tables.RELEASED, [FREED, FREED]),
    "released_names_a_class": (tables.RELEASED, [{**FREED, "label": "eggs"}]),
    "it_is_known_who_decided": (tables.RELEASED, [{**FREED, "decided_by": "chance"}]),
    "rule_votes_name_a_class": (tables.RULE_VOTES, [{**VOTE, "label": "eggs"}]),
    "one_vote_an_item_and_rule": (tables.RULE_VOTES, [VOTE, {**VOTE, "label": "a b"}]),
    "rule_votes_carry_a_version": (tables.RULE_VOTES, [{**VOTE, "version": None}]),
    "model_votes_name_a_class": (tables.MODEL_VOTES, [{**VOTE, "label": "eggs"}]),
    "one_vote_an_item_and_prompt": (tables.MODEL_VOTES, [VOTE, VOTE]),
    "model_confidence_is_a_probability": (
        tables.MODEL_VOTES,
        [{**VOTE, "confidence": float("nan")}],
    ),
    "review_id_is_unique": (tables.REVIEWS, [REVIEW, REVIEW]),
    "reviews_name_a_class": (tables.REVIEWS, [{**REVIEW, "label": "eggs"}]),
    "reviews_are_signed": (tables.REVIEWS, [{**REVIEW, "reviewer": None}]),
    "outcome_is_known": (tables.REVIEWS, [{**REVIEW, "outcome": "perhaps"}]),
}
"""Each critical expectation, and rows that no honest input can become."""


@pytest.mark.parametrize("check", CANNOT_BE_RIGHT)
def test_rows_that_cannot_be_right_block_with_their_number(task, warehouse, check):
    table, rows = CANNOT_BE_RIGHT[check]
    put(warehouse, table, *rows)
    results = checked(task, warehouse)
    assert check in blocking(results)
    assert any(sign.isdigit() for sign in str(results[check].description))
    assert "None" not in str(results[check].description)


def test_nothing_else_blocks(task):
    critical = {
        e.check
        for path in SUITES.glob("*.yml")
        for e in read_suite(path, task).expected.values()
        if e.critical
    }
    assert critical == set(CANNOT_BE_RIGHT)


SILENCES = tables.ABSTENTIONS_OF_SOURCES["zero_shot"]
USED = {
    "voter": "llm/a", "calls": 10, "cached": 0, "parse_failures": 3, "refusals": 2,
    "cost_usd": 0.2, "quoted_usd": 0.1, "why": "the budget of the run is spent",
    "failed": 2, "failure": "rejected: no such deployment",
    "advice": "m refuses temperature: 0: it is left out",
}  # fmt: skip
ODD = {
    "few_rows_are_set_aside": (
        [(tables.ARRIVALS, [ITEM] * 3), (tables.QUARANTINE, [
            {"file": "a.csv", "row": 4, "field": "at", "reason": "'2.3.' is no time", "kind": "row"},
        ])],
        "1 of 4 rows are in quarantine (25.0%; above 5.0%", "'2.3.' is no time",
        "source.bad_rows_at_most",
    ),
    "rules_say_something": (
        [(tables.ITEMS, [ITEM]), (tables.RULE_VERSIONS, [{"voter": "rule/py"}])],
        "0 votes on 1 items", None, "touchstone rules",
    ),
    "rules_rarely_fail": (
        [(tables.ITEMS, [ITEM]), (tables.RULE_FAILURES, [
            {"item_id": "i", "voter": "rule/py", "message": "ValueError: no {brace}"},
        ])],
        "rule/py failed on 1 of 1 items (100.0%", "`i`", "rules.failures_at_most",
    ),
    "answers_can_be_read": (
        [(tables.MODEL_USE, [USED]), (tables.MODEL_ABSTENTIONS, [
            {"item_id": "i", "voter": "llm/a", "reason": "no class"},
        ])],
        "llm/a: 3 of 10 do not (30.0%", "no class", "quality.unread_warns_above",
    ),
    "models_answer": (
        [(tables.MODEL_USE, [USED]), (tables.MODEL_ABSTENTIONS, [
            {"item_id": "i", "voter": "llm/a", "reason": "rejected: no such deployment"},
        ])],
        "llm/a: 2 items have none (rejected: no such deployment)", "`i`", "change the prompt",
    ),
    "models_are_asked_as_they_like": (
        [(tables.MODEL_USE, [USED])], "llm/a: m refuses temperature: 0", None, "front matter",
    ),
    "models_do_not_refuse": (
        [(tables.MODEL_USE, [USED])], "llm/a refused 2 of 10 (20.0%", None,
        "quality.refused_warns_above",
    ),
    "the_cost_is_as_quoted": (
        [(tables.MODEL_USE, [USED])], "llm/a cost $0.2000, quoted $0.1000 (200%", None,
        "quality.cost_warns_above",
    ),
    "the_batch_is_complete": (
        [(tables.MODEL_USE, [USED])], "llm/a: the budget of the run is spent", None, "next run",
    ),
    "zero_shot_voters_say_something": (
        [(SILENCES, [{"item_id": i, "voter": "zero_shot/a", "reason": "no text"} for i in "ijk"])],
        "zero_shot/a votes on none of 3 items; of 3 because: no text", None, "take it out of zero_shot",
    ),
    "pictures_can_be_looked_at": (
        [(tables.ITEMS, [ITEM]), (SILENCES, [
            {"item_id": "i", "voter": "zero_shot/a", "reason": "image: a broken one"},
        ])],
        "zero_shot/a cannot look at 1 of 1 items (image: a broken one)", "`i`", "Mend the pictures",
    ),
    "few_agreements_are_overruled": (
        [(tables.RULE_VOTES, [VOTE, {**VOTE, "voter": "w"}]),
         (tables.CONSENSUS, [{**JUDGED, "label": "a b"}])],
        "1 of 1 items on which two or more voters agree", "`v w`", "quality.overruled_warns_above",
    ),
    "reviews_are_of_known_items": (
        [(tables.REVIEWS, [REVIEW])], "1 of 1 answers", "`i`", "file back",
    ),
    "reviews_are_of_the_text_that_stands": (
        [(tables.ITEMS, [ITEM]), (tables.REVIEWS, [{**REVIEW, "aside": True}])],
        "1 of 1 answers are set aside", "`i`", "Put the text back",
    ),
    "answers_take_time": (
        [(tables.REVIEWS, [{**REVIEW, "seconds": 0.1}])], "1 of 1 were faster (100.0%", "`ann`",
        "quality.hasty_warns_above",
    ),
}  # fmt: skip
"""What only warns: what was found, the number, the rows, and the remedy."""


def test_a_task_without_rules_is_not_told_that_they_say_nothing(task, warehouse):
    put(warehouse, tables.ITEMS, ITEM)
    assert checked(task, warehouse)["rules_say_something"].passed


def test_answers_whose_time_nobody_took_are_not_called_hasty(task, warehouse):
    untimed = [{**REVIEW, "review_id": n, "seconds": 0.0} for n in range(3)]
    put(warehouse, tables.REVIEWS, *untimed)
    assert checked(task, warehouse)["answers_take_time"].passed
    put(warehouse, tables.REVIEWS, {**REVIEW, "review_id": 9, "seconds": 0.1})
    assert "1 of 1 were faster" in str(checked(task, warehouse)["answers_take_time"].description)


@pytest.mark.parametrize("check", ODD)
def test_what_only_warns_says_the_number_the_rows_and_the_remedy(task, warehouse, check):
    found, number, row, remedy = ODD[check]
    for table, rows in found:
        put(warehouse, table, *rows)
    result = checked(task, warehouse)[check]
    assert not result.passed
    assert result.severity is dg.AssetCheckSeverity.WARN
    assert number in str(result.description)
    assert remedy in str(result.description)
    if row is not None:
        assert row in str(result.metadata["which"].value)


def test_an_answer_whose_id_stands_in_another_batch_first_is_told_so(task, warehouse):
    put(warehouse, tables.REVIEWS, REVIEW, {**REVIEW, "review_id": 2, "item_id": "other"})
    put(warehouse, tables.ARRIVALS, {"file": "a.csv", "row": 1, "item_id": "i"})
    result = checked(task, warehouse)["reviews_are_of_known_items"]
    assert "1 of items that are gone, 1 of items whose id stands in another batch" in str(
        result.description
    )
    assert "`2026-03-02` | `a.csv`" in str(result.metadata["which"].value)


def test_every_warning_can_be_switched_off_by_its_name_and_nothing_that_blocks(task):
    path = Path(task.folder) / "task.yaml"
    text = path.read_text(encoding="utf-8")
    names = ", ".join(WARNING_CHECKS)
    try:
        path.write_text(text + f"\nquality: {{unchecked: [{names}]}}\n", encoding="utf-8")
        silent = load_task(task.folder)
        left = {
            check for suite in SUITES.glob("*.yml") for check in read_suite(suite, silent).expected
        }
        assert left == set(CANNOT_BE_RIGHT)
        path.write_text(text + "\nquality: {unchecked: [item_id_is_unique]}\n", encoding="utf-8")
        with pytest.raises(ValueError, match="no check that warns"):
            load_task(task.folder)
    finally:
        path.write_text(text, encoding="utf-8")


def test_a_share_with_a_setting_follows_it(task, warehouse):
    path = Path(task.folder) / "task.yaml"
    text = path.read_text(encoding="utf-8")
    found, *_ = ODD["few_rows_are_set_aside"]
    for table, rows in found:
        put(warehouse, table, *rows)
    try:
        path.write_text(text.replace("# bad_rows_at_most: 0.05", "bad_rows_at_most: 0.25"))
        assert checked(load_task(task.folder), warehouse)["few_rows_are_set_aside"].passed
    finally:
        path.write_text(text, encoding="utf-8")
