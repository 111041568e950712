"""The cheap side of a cascade with a guarantee: who answers first, and the gold that tells how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from assets.reading.features import student_inputs
from assets.votes.gold import SAID, Gold, gold_of
from labeling.llm.prompts.asked import STUDENT, Guaranteed
from labeling.llm.prompts.content import strings
from labeling.llm.prompts.prompt import Prompt
from labeling.student.whole import is_whole
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:
    from labeling.cascades.cheap import Cheap
    from labeling.cascades.promise import Promise


@dataclass(frozen=True, slots=True)
class CheapSide:
    """Who answers before a dear prompt, and what is asked to know how sure that has to be.

    Attributes
    ----------
    task : Task
    batch : str
        What is labelled.
    step : Guaranteed
        What the dear prompt promises.
    gold : Gold
        Audited items of earlier batches that nobody of the side has learnt from.
    voices : sequence of Prompt
        The prompts of the side, which answer gold too.
    taught_by : str, optional
        The batch whose student is the side; ``None`` where it is no student, or none stands yet.
    """

    task: Task
    batch: str
    step: Guaranteed
    gold: Gold
    voices: Sequence[Prompt]
    taught_by: str | None = None

    @property
    def who(self) -> str:
        """The side in words."""
        if self.taught_by is not None:
            return f"the student of {self.taught_by}"
        return (
            f"prompt {self.step.after}"
            if self.step.after
            else "the panel of rules and other prompts"
        )

    @property
    def since(self) -> str:
        """Which batches gold is of, in words."""
        return f"of batches after {self.taught_by}" if self.taught_by else "of earlier batches"

    @property
    def missing(self) -> str | None:
        """Why nothing answers first, in words; ``None`` where something does."""
        if self.step.after != STUDENT or self.taught_by is not None:
            return None
        return "asked everywhere: no student of an earlier batch stands yet that could answer first"

    @property
    def promise(self) -> "Promise":
        """What the dear prompt promises."""
        from labeling.cascades.promise import Promise

        return Promise(self.step.guarantee, self.step.risk)

    def can_prove(self, n_items: int) -> bool:
        """Whether gold can prove anything of so many items; if not, nobody is asked about it."""
        from labeling.cascades.promise import least_gold
        from labeling.cascades.threshold import walked

        enough = n_items > 0 and len(set(strings(self.gold.items, "label"))) > 1
        return enough and self.gold.items.num_rows >= least_gold(n_items, walked(self.promise))

    def says(
        self,
        warehouse: Warehouse,
        items: pa.Table,
        said: Sequence[pa.Table],
        classes: Sequence[str],
    ) -> "Cheap":
        """Return what the side says of gold and of the batch behind it, by one measure.

        Parameters
        ----------
        items : Table
            The batch, as it is asked.
        said : sequence of Table
            Votes of the prompts on gold and batch.
        classes : sequence of str
            Of the task.
        """
        from labeling.cascades.cheap import of_panel, of_prompt

        ids = [*strings(self.gold.items, "item_id"), *strings(items, "item_id")]
        if self.step.after == STUDENT:
            return self._of_student(items)
        votes = pa.concat_tables(said)
        if self.step.after is None:
            by_rules = warehouse.read("votes.cascade.rule_votes", batch=self.batch)
            both = pa.concat_tables([self.gold.rule_votes.select(SAID), by_rules.select(SAID)])
            # rules that this gold admitted would look better on it than on the batch
            kept = [voter not in self.gold.admitted for voter in strings(both, "voter")]
            heard = both.filter(pa.array(kept, pa.bool_()))
            return of_panel(ids, pa.concat_tables([heard, votes.select(SAID)]), classes)
        mine = [voter.split("/", 1)[1] == self.step.after for voter in strings(votes, "voter")]
        return of_prompt(ids, votes.filter(pa.array(mine, pa.bool_())))

    def _of_student(self, items: pa.Table) -> "Cheap":
        from labeling.cascades.cheap import of_classifier
        from labeling.student.whole import classes_of, read_student

        both = (self.gold.items, items)
        texts = [text or "" for table in both for text in table["text"].to_pylist()]
        images = [image for table in both for image in _images(table)]
        nothing = of_classifier(np.empty((0, 1)), [""], np.zeros(len(texts), np.bool_), ())
        if self.taught_by is None:
            return nothing
        student = read_student(self.task.students / f"{self.taught_by}.joblib")
        inputs = student_inputs(self.task, texts, images)
        if student.steps[0][0] != inputs.reads or not inputs.seen.any():
            return nothing
        probability = np.asarray(student.predict_proba(inputs.items), dtype=np.float64)
        return of_classifier(probability, classes_of(student), inputs.seen, self.task.classes)


def cheap_side(
    task: Task,
    warehouse: Warehouse,
    batch: str,
    n_items: int,
    prompts: tuple[Sequence[Prompt], Prompt],
) -> CheapSide:
    """Find who answers first about a batch of ``n_items``, and gold for that.

    Parameters
    ----------
    prompts : (sequence of Prompt, Prompt)
        Who is asked first, in order, and the dear one.
    """
    from labeling.llm.voters import up_to

    first, dear = prompts
    step = dear.settings.ask
    assert isinstance(step, Guaranteed)  # noqa: S101  # the caller has looked
    gold = gold_of(task, warehouse, batch)
    if step.after == STUDENT:
        taught_by = _taught_by(task, batch, n_items, step, gold)
        after = gold.after(taught_by) if taught_by else gold.none()
        return CheapSide(task, batch, step, after, (), taught_by)
    voices = first if step.after is None else up_to(first, step.after)
    return CheapSide(task, batch, step, gold, voices)


def _taught_by(task: Task, batch: str, n_items: int, step: Guaranteed, gold: Gold) -> str | None:
    from labeling.cascades.cheap import taught_before
    from labeling.cascades.promise import Promise, least_gold
    from labeling.cascades.threshold import walked

    stands = sorted(path for path in task.students.glob("*.joblib") if path.stem < batch)
    kept = [path.stem for path in stands if is_whole(path)]
    least = least_gold(max(n_items, 1), walked(Promise(step.guarantee, step.risk)))
    return taught_before(kept, strings(gold.items, "batch"), least)


def _images(items: pa.Table) -> list[Any]:
    return items["image"].to_pylist() if "image" in items.column_names else [None] * items.num_rows
