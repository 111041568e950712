"""Prompts promoted, and promotions taken back."""

from collections.abc import Sequence

from labeling.llm.voters import in_order
from orchestration.pilot.figures import place_of, rows_of, verdict_of
from orchestration.pilot.standing import standing_of
from resources.models.task_models import as_prompt
from resources.pilots.rows import Promotion
from resources.pilots.store import PilotStore
from resources.reviews.store import ReviewStore
from resources.task.errors import TaskError
from resources.task.task import Task


def promote(task: Task, names: Sequence[str], who: str, reviews: ReviewStore) -> Promotion:
    """Let the full run ask these prompts and no others, as their files say them now.

    Raises
    ------
    TaskError
        If there is no such candidate, or exactly these are promoted already.
    PromptError
        If one waits for a prompt that is not among them.
    """
    store = PilotStore(task.pilots)
    standing = standing_of(task, store, reviews)
    chosen = [standing.candidates[place_of(standing, name, task)] for name in dict.fromkeys(names)]
    if chosen == list(standing.candidates[: standing.promoted]):
        raise TaskError(f"{' and '.join(names)}: promoted already, as the files say them now")
    in_order([as_prompt(task, one) for one in chosen])
    versions = {one.version for one in chosen}
    evidence = {
        "verdict": verdict_of(task, standing),
        "candidates": [row for row in rows_of(task, standing) if row["version"] in versions],
    }
    store.promote(chosen, who, evidence)
    return store.promotions()[-1]


def take_back(task: Task, who: str) -> Promotion:
    """Undo the promotion that counts.

    Raises
    ------
    TaskError
        If there is none.
    """
    done = PilotStore(task.pilots).take_back(who)
    if done is None:
        raise TaskError(f"{task.name}: nothing is promoted, so nothing can be taken back")
    return done
