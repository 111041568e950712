"""What ``task.yaml`` may say of a class."""

from typing import Annotated

from pydantic import Field

from resources.task.settings.section import Remakes, Section


class ClassSpec(Section):
    """One class that an item may belong to."""

    name: Annotated[str, Field(min_length=1, max_length=80), Remakes.VOTES] = Field(
        description="What it is called everywhere: in rules, answers and published labels."
    )
    description: Annotated[str, Remakes.VOTES] = Field(
        default="", description="What belongs to it; reviewers and language models are told."
    )
    synonyms: Annotated[tuple[str, ...], Remakes.VOTES] = Field(
        default=(), description="Further words for it that are accepted in a model's answer."
    )
    phrases: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Remakes.VOTES] = Field(
        default=(),
        description="Words for it that zero-shot voters compare items with; else its description, or "
        "its name.",
    )
    key: Annotated[Annotated[str, Field(min_length=1, max_length=1)] | None, Remakes.NOTHING] = (
        Field(
            default=None,
            description="The key that a reviewer presses for it; one is chosen if not said.",
        )
    )
