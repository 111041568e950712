"""On which items a prompt is asked: what `ask` in its front matter may say."""

from collections.abc import Mapping
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

STUDENT = "student"
"""What ``after`` says where the task's own student answers first; no prompt is called so then."""


class _Step(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Unsure(_Step):
    """Ask only where another prompt was not sure: the dear step of a cascade."""

    after: str = Field(description="Name of the prompt that is asked first.")
    below: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.8, description="Ask where its confidence is lower, or it abstained."
    )


class Guaranteed(_Step):
    """Ask only where it takes that to reach a target against people: the dear step, with a promise."""

    guarantee: Annotated[float, Field(gt=0, lt=1)] = Field(
        description="Least share of a batch that is to be labelled as people would."
    )
    against: Literal["gold"] = Field(
        default="gold", description="What tells what people would say: audits of earlier batches."
    )
    risk: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.1, description="Share of batches, at most, in which it may be less."
    )
    after: str | None = Field(
        default=None,
        description="Name of the prompt that answers first, or `student`, the one of the task; without it, rules and all other prompts together.",
    )


def _how(value: object) -> str:
    """Name what is meant, so that a fault is told of that alone."""
    if isinstance(value, Guaranteed):
        return "guarantee"
    if isinstance(value, Mapping):
        said = set(cast("Mapping[str, object]", value))
        return "guarantee" if said & {"guarantee", "against", "risk"} else "unsure"
    return "unsure" if isinstance(value, Unsure) else "items"


Asked = Annotated[
    Annotated[Literal["all", "undecided"], Tag("items")]
    | Annotated[Unsure, Tag("unsure")]
    | Annotated[Guaranteed, Tag("guarantee")],
    Discriminator(_how),
]
"""All items, those the rules leave open, or those that a step of a cascade needs."""
