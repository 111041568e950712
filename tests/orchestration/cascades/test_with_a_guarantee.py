"""A dear prompt with a guarantee against gold, over a provider's socket, from no gold to labels that keep it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from assets.votes.cascade import check_guarantee, steps_of
from assets.votes.gold import gold_of
from labeling.errors import PromptError
from labeling.llm.prompts.prompt import parse_prompts
from labeling.llm.voters import in_order
from resources.store.tables import ITEMS
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.task import Task
from tests.fakes.letters import DAYS, EACH, Letters, letters


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Iterator[Letters]:
    with letters(tmp_path_factory.mktemp("project"), student={"enabled": False}) as found:
        yield found


def test_from_no_gold_to_a_proven_threshold_that_spares_calls_and_is_kept_by_what_is_released(
    library,
):
    first, second, third, fourth = DAYS
    asked = library.label(first)
    assert "asked everywhere: no audited item of earlier batches is reviewed" in asked["told"]
    assert (asked["spared"], len(library.asked("large"))) == (0, EACH)
    assert library.rows("from votes.cascade") == []

    library.review(first, only="praise")
    asked = library.label(second)
    assert "20 audited items are praise, which proves nothing of the other classes" in asked["told"]
    assert asked["spared"] == 0
    library.forget_reviews()

    library.review(first)
    met = len(library.provider.meter)
    asked = library.label(third)
    assert "asked where prompt small is less sure than" in asked["told"], asked
    assert "prove 85 %, missed in at most 20 % of batches" in asked["told"]
    texts = library.asked("large", met)
    assert 0 < len(texts) == EACH - asked["spared"] < EACH / 2
    assert all("murky" in text for text in texts)
    spared = EACH - asked["calls"]  # calls on gold are among them
    assert asked["saved_usd"] == pytest.approx(spared * asked["cost_usd"] / asked["calls"])
    assert not any(first in text for text in texts)  # it had answered gold: nothing is asked twice
    decided = library.rows(
        f"select distinct decided_by from labels.released where batch = '{third}'"
    )
    assert decided == [{"decided_by": "cascade"}]
    assert library.right(third) >= 0.85
    rows = library.rows(
        "select asked, count(*) as n from votes.cascade group by asked order by asked"
    )
    assert [row["n"] for row in rows] == [asked["spared"], EACH - asked["spared"]]

    library.review(third)
    library.make(fourth, ITEMS)
    quoted = library.quoted("--batch", fourth)
    assert quoted["llm/small"]["calls"] == EACH
    assert quoted["llm/large"]["calls"] == EACH + EACH - len(texts)  # those of gold it was spared
    met = len(library.provider.meter)
    asked = library.label(fourth)
    on_gold = [text for text in library.asked("large", met) if third in text]
    assert len(on_gold) == EACH - len(
        texts
    )  # audited items are asked about, where they were spared
    assert asked["calls"] == len(library.asked("large", met))

    with warehouse_of(library.task).connect() as db:
        db.execute("insert into quality.drift (batch) select distinct batch from labels.released")
    assert library.quoted()["llm/large"]["calls"] == 0  # what was spared stays spared


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


@pytest.mark.parametrize("kind", ["several", "spans"])
def test_answers_that_are_not_one_class_have_no_guarantee(library, kind):
    spec = library.task.spec.model_copy(update={"kind": kind})
    task = Task(folder=library.task.folder, spec=spec, var=library.task.var)
    with pytest.raises(TaskError, match=rf"kind: {kind}: .* is of items with one class each"):
        check_guarantee(task, prompt("{guarantee: 0.9, after: small}"))


def test_a_dear_prompt_that_asks_what_the_cheap_one_does_is_refused(library):
    small, dear = (
        replace(prompt(ask, name), model="same")
        for name, ask in (("small", "all"), ("large", "{guarantee: 0.9, after: small}"))
    )
    with pytest.raises(PromptError, match="'small' and 'large' ask the same of the same model"):
        steps_of(library.task, [small, dear])
