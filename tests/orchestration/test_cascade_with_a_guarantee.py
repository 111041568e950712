"""A dear prompt with a guarantee against gold, over a provider's socket, from no gold to labels that keep it."""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg
import pytest
import yaml

from assets.votes.cascade import check_guarantee
from assets.votes.gold import gold_of
from cli.new.new import create
from labeling.errors import PromptError
from labeling.llm.prompt import parse_prompts
from labeling.llm.voters import in_order
from orchestration.definitions import definitions
from orchestration.jobs import QUIET
from resources.store.tables import (
    CONSENSUS,
    ITEMS,
    MODEL_VOTES,
    RELEASED,
    RULE_VOTES,
    STUDENT_VOTES,
)
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.task import Task, load_task
from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import Answer, FakeProvider

DAYS, EACH = ("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"), 60
CLASSES = ("praise", "complaint", "question")
SMALL = "---\nmodel: openai/small\nprice: {input: 1, output: 2}\noutput: {format: text}\n---\nSort these."
LARGE = (
    "---\nmodel: openai/large\nprice: {input: 100, output: 200}\noutput: {format: text, confidence: none}\n"
    "ask: {after: small, guarantee: 0.85, against: gold, risk: 0.2}\n---\nSort these with care."
)


@dataclass
class Library:
    """A task of four days, each labelled by the assets of the task; what people say comes in between."""

    task: Task
    provider: FakeProvider
    instance: dg.DagsterInstance

    def label(self, day: str) -> dict[str, Any]:
        """Label a day; return what asking the large model took."""
        made = (ITEMS, RULE_VOTES, MODEL_VOTES, CONSENSUS, STUDENT_VOTES, RELEASED)
        definitions(self.task).resolve_job_def("letters_label").execute_in_process(
            instance=self.instance,
            partition_key=day,
            run_config=QUIET,
            asset_selection=[table.asset("letters") for table in made],
        )
        asked = self.rows(
            "select g.*, u.calls, u.cost_usd from votes.guarantees g join votes.model_use u using (batch, voter)"
            f" where batch = '{day}' and voter = 'llm/large'"
        )
        return asked[0]

    def review(self, day: str, only: str = "") -> None:
        """Let people label the items of a day as an audit would have them."""
        with warehouse_of(self.task).connect() as db:
            db.execute(
                "insert into people.gold (item_id, batch, label, origin, probability, reviews)"
                " select item_id, batch, split_part(text, ' ', 3), 'audit', 0.5, 1 from raw.items"
                f" where batch = '{day}' and split_part(text, ' ', 3) like '%{only}'"
            )

    def rows(self, query: str) -> list[dict[str, Any]]:
        return warehouse_of(self.task).ask(query).to_pylist()

    def asked(self, model: str, since: int = 0) -> list[str]:
        """Return the texts that a model was asked about."""
        met = [m for m in self.provider.meter[since:] if m.model == model]
        return [item_text(m.body) for m in met if "number" in item_text(m.body)]


def answer(body) -> Answer:
    """The small model is right where it is sure, and else says praise; the large one is always right."""
    text = item_text(body)
    true = next((one for one in CLASSES if one in text), "praise")
    if body["model"] == "large":
        return Answer(true)
    said, p = (true, 0.97) if "clear" in text else ("praise", 0.6)
    other = next(one for one in CLASSES if one != said)
    return Answer(said, tokens=[(said, {said: math.log(p), other: math.log(1 - p)})])


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Iterator[Library]:
    project = tmp_path_factory.mktemp("project")
    with FakeProvider(answer) as provider, pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        patch.setenv("OPENAI_API_KEY", "sk-cascade")
        folder = create(project, "letters")
        for path in [*(folder / "items").iterdir(), *folder.glob("rules*")]:
            path.unlink()
        for day in DAYS:
            with (folder / "items" / f"{day}.csv").open("w", newline="", encoding="utf-8") as file:
                rows = csv.writer(file)
                rows.writerow(["item_id", "received_at", "channel", "text"])
                for n in range(EACH):
                    text = f"A {'murky' if n % 9 < 3 else 'clear'} {CLASSES[n % 3]}, number {n} of {day}"
                    rows.writerow(
                        [f"{day}-{n}", f"{day}T09:00:00", "mail", text.replace(",", " ,")]
                    )
        spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
        spec.pop("rules", None)
        spec["models"] = {"prompts": ["prompts/*.md"], "api_base": provider.url}
        spec["student"] = {"enabled": False}
        (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
        (folder / "prompts" / "classify.md").unlink()
        (folder / "prompts" / "small.md").write_text(SMALL, encoding="utf-8")
        (folder / "prompts" / "large.md").write_text(LARGE, encoding="utf-8")
        with dg.DagsterInstance.ephemeral() as instance:
            found = Library(load_task(folder), provider, instance)
            definitions(found.task).resolve_job_def("letters_land").execute_in_process(
                instance=instance, run_config=QUIET
            )
            yield found


def test_from_no_gold_to_a_proven_threshold_that_spares_calls_and_is_kept_by_what_is_released(
    library,
):
    first, second, third, fourth = DAYS
    asked = library.label(first)
    assert "asked everywhere: no audited item of an earlier batch is reviewed" in asked["told"]
    assert (asked["spared"], len(library.asked("large"))) == (0, EACH)
    assert library.rows("from votes.cascade") == []

    library.review(first, only="praise")
    asked = library.label(second)
    assert "20 audited items are praise, which proves nothing of the other classes" in asked["told"]
    assert asked["spared"] == 0
    with warehouse_of(library.task).connect() as db:
        db.execute("delete from people.gold")

    library.review(first)
    met = len(library.provider.meter)
    asked = library.label(third)
    assert "asked where prompt small is less sure than" in asked["told"], asked
    assert "prove 85 %, missed in at most 20 % of batches" in asked["told"]
    texts = library.asked("large", met)
    assert 0 < len(texts) == EACH - asked["spared"] < EACH / 2
    assert all("murky" in text for text in texts)
    assert asked["saved_usd"] == pytest.approx(asked["spared"] * asked["cost_usd"] / asked["calls"])
    assert not any(first in text for text in texts)  # it had answered gold: nothing is asked twice
    released = library.rows(
        f"select decided_by, label = split_part(text, ' ', 3) as good from labels.released"
        f" join raw.items using (item_id, batch) where batch = '{third}'"
    )
    assert {row["decided_by"] for row in released} == {"cascade"}
    assert sum(row["good"] for row in released) >= 0.85 * EACH
    rows = library.rows(
        "select asked, count(*) as n from votes.cascade group by asked order by asked"
    )
    assert [row["n"] for row in rows] == [asked["spared"], EACH - asked["spared"]]

    library.review(third)
    met = len(library.provider.meter)
    asked = library.label(fourth)
    on_gold = [text for text in library.asked("large", met) if third in text]
    assert len(on_gold) == EACH - len(
        texts
    )  # audited items are asked about, where they were spared
    assert asked["calls"] == len(library.asked("large", met))


def test_gold_of_the_batch_itself_and_of_later_ones_sets_no_threshold(library):
    batches = set(
        gold_of(library.task, warehouse_of(library.task), DAYS[2]).items["batch"].to_pylist()
    )
    assert batches <= set(DAYS[:2])


def prompt(ask: str, name: str = "large", more: str = ""):
    (found,) = parse_prompts(f"---\nmodel: m-{name}\nask: {ask}\n{more}---\nSort these.", name)
    return found


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (
            "{guarantee: 90, against: gold}",
            r"prompt:3: ask\.guarantee: Input should be less than 1",
        ),
        ("{guarantee: 0.9, against: model}", r"ask\.against: Input should be 'gold'"),
        ("{guarantee: 0.9, risk: 0}", r"ask\.risk: Input should be greater than 0"),
        ("{guarantee: 0.9, below: 0.8}", r"ask\.below: unknown field"),
    ],
)
def test_a_guarantee_that_cannot_be_is_refused_by_its_field(ask, says):
    with pytest.raises(PromptError, match=says):
        prompt(ask)


def test_a_guarantee_is_the_last_word_and_the_only_one():
    dear, small = prompt("{guarantee: 0.9}"), prompt("all", "small")
    assert [one.name for one in in_order([dear, small])] == ["small", "large"]
    with pytest.raises(PromptError, match="each give a guarantee"):
        in_order([dear, prompt("{guarantee: 0.8}", "other")])
    with pytest.raises(PromptError, match="nothing can be asked after it"):
        in_order([dear, prompt("{after: large, below: 0.5}", "other")])
    with pytest.raises(PromptError, match="asked after 'gone', which is not among small"):
        in_order([prompt("{guarantee: 0.9, after: gone}"), small])


@pytest.mark.parametrize(
    ("changes", "more", "says"),
    [
        (
            {"ask": "undecided"},
            "",
            r"models\.ask: the guarantee of prompt 'large' is of whole batches",
        ),
        (
            {"per_batch": 10},
            "",
            r"models\.per_batch: the guarantee of prompt 'large' is of whole batches",
        ),
        ({}, "fallbacks: [other]\n", "nothing is proven of what another model answers"),
    ],
)
def test_what_a_guarantee_cannot_be_given_with_is_refused(library, changes, more, says):
    task = library.task
    models = task.spec.models.model_copy(update=changes)
    other = Task(
        folder=task.folder, spec=task.spec.model_copy(update={"models": models}), var=task.var
    )
    with pytest.raises((TaskError, PromptError), match=says):
        check_guarantee(other, prompt("{guarantee: 0.9, after: small}", more=more))
