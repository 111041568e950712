"""The prompts that take part in a pilot: what stands in the task's files, and what is promoted."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from labeling.llm.prompts.prompt import parse_prompts
from resources.models.task_models import as_prompt, classes_of, prompt_files
from resources.pilots.rows import Candidate
from resources.pilots.store import PilotStore
from resources.task.errors import TaskError
from resources.task.settings.models import Models, Pilot
from resources.task.task import Task


def pilot_of(task: Task) -> tuple[Models, Pilot]:
    """Return what the task says of models and of their pilot.

    Raises
    ------
    TaskError
        If it says nothing of either.
    """
    models = task.spec.models
    if models is None:
        raise TaskError(
            f"{task.folder / 'task.yaml'}: models: the task asks no model, so there is nothing to try"
        )
    if models.pilot is None:
        raise TaskError(
            f"{task.folder / 'task.yaml'}: models.pilot: the task has no pilot; write `pilot: {{}}` "
            "under models. From then on only promoted prompts are asked, and none before"
        )
    return models, models.pilot


def written_candidates(task: Task) -> list[Candidate]:
    """Read the task's prompt files: a candidate for each of their models.

    Raises
    ------
    TaskError
        If two are the same in all that shapes an answer: they could only be told apart by luck.
    PromptError
        If a file cannot be used as it is.
    """
    models, _ = pilot_of(task)
    classes = classes_of(task)
    found: list[Candidate] = []
    for path in prompt_files(task):
        text = path.read_text(encoding="utf-8")
        for prompt in parse_prompts(text, path.stem, str(path), models.model):
            version = replace(prompt, kind=task.kind).version(classes)
            found.append(Candidate(prompt.name, path.stem, prompt.model, version, text))
    _distinct(task, found)
    return found


def candidates_of(task: Task, store: PilotStore) -> list[Candidate]:
    """Return whom the pilot compares: the promoted ones first, as they were promoted, then the files'.

    Classes are told to all of them as they are today: where these changed, a promoted prompt is a new
    version too, and the same as its file as long as nobody edited that.
    """
    classes = classes_of(task)
    promoted = [
        replace(one, version=as_prompt(task, one).version(classes)) for one in store.promoted()
    ]
    known = {one.version for one in promoted}
    return promoted + [one for one in written_candidates(task) if one.version not in known]


def edited(task: Task, store: PilotStore) -> list[str]:
    """Return the names of promoted prompts that their files no longer say."""
    written = {one.version for one in written_candidates(task)}
    return [one.name for one in store.promoted() if one.version not in written]


def _distinct(task: Task, found: Sequence[Candidate]) -> None:
    same: dict[str, list[str]] = defaultdict(list)
    for one in found:
        same[one.version].append(one.name)
    for names in same.values():
        if len(names) > 1:
            raise TaskError(
                f"{task.folder / 'task.yaml'}: models.prompts: {' and '.join(names)} are the same "
                "prompt to the same model; change one, or take it out"
            )
