"""What ``task.yaml`` may say of models that compare items with words for the classes."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, field_validator, model_validator

from labeling.kinds.registry import SINGLE
from resources.task.settings.section import Remakes, Section
from resources.task.settings.student import Embeddings, SentenceTransformers

PLACE = "{class}"
"""Where the words for a class stand in a template."""


class Clip(Section):
    """A model that reads pictures and texts into the same space, on this machine."""

    model: Annotated[Literal["ViT-B-32"], Remakes.VOTES] = Field(
        default="ViT-B-32", description="ViT-B-32: the CLIP of OpenAI, for English."
    )
    weights: Annotated[str | None, Remakes.VOTES] = Field(
        default=None,
        description="Folder with text/ and vision/, from the task's on; the hub's cache of this user if "
        "not said.",
    )
    threads: Annotated[PositiveInt | None, Remakes.NOTHING] = Field(
        default=None, description="Cores that it takes; all that there are if not said."
    )
    at_once: Annotated[PositiveInt, Remakes.NOTHING] = Field(
        default=16, description="Pictures that it looks at together."
    )


class ZeroShot(Section):
    """A voter that learns nothing here: which class's words an item is nearest to."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$"), Remakes.VOTES] = Field(
        description="The voter is called zero_shot/NAME."
    )
    clip: Clip | None = Field(default=None, description="For pictures: a model on this machine.")
    sentence_transformers: SentenceTransformers | None = Field(
        default=None, description="For texts: a model on this machine."
    )
    embeddings: Embeddings | None = Field(
        default=None, description="For texts: a model that is asked through LiteLLM."
    )
    template: Annotated[str | None, Remakes.VOTES] = Field(
        default=None,
        description="Said around the words for a class: a photo of {class}, which it is for pictures; of "
        "texts the words alone.",
    )
    scale: Annotated[float | None, Field(gt=0, allow_inf_nan=False), Remakes.VOTES] = Field(
        default=None,
        description="What similarities are multiplied by before they become probabilities: 100 for "
        "pictures, 20 for texts.",
    )
    margin: Annotated[float, Field(ge=0, lt=1), Remakes.VOTES] = Field(
        default=0.0,
        description="It abstains where the likeliest class leads the next one by less probability.",
    )

    @field_validator("template")
    @classmethod
    def _holds_a_place(cls, template: str | None) -> str | None:
        if template is not None and PLACE not in template:
            raise ValueError(f"{template!r} has no place for the class; write {PLACE} there")
        return template

    @model_validator(mode="after")
    def _one_model(self) -> "ZeroShot":
        given = [n for n in ("clip", "sentence_transformers", "embeddings") if getattr(self, n)]
        if len(given) != 1:
            raise ValueError(
                f"{self.name}: exactly one of clip, sentence_transformers and embeddings is needed; "
                f"found {' and '.join(given) or 'none'}"
            )
        return self

    @property
    def sees(self) -> Literal["image", "text"]:
        """What it looks at of an item."""
        return "text" if self.clip is None else "image"

    @property
    def said(self) -> str:
        """The template, where none is given too."""
        return self.template or ("a photo of {class}" if self.clip is not None else PLACE)

    @property
    def sharpness(self) -> float:
        """The scale, where none is given too: what CLIP, and sentence-transformers, are trained with."""
        return self.scale or (100.0 if self.clip is not None else 20.0)


def check_voters(voters: Sequence[ZeroShot], kind: str, *, pictures: bool) -> None:
    """Refuse zero-shot voters that a task cannot have.

    Parameters
    ----------
    voters : sequence of ZeroShot
    kind : str
        What the task asks about an item.
    pictures : bool
        Whether its items may have pictures.

    Raises
    ------
    ValueError
        If the task does not ask for one of its classes, two share a name, or one has nothing to look at.
    """
    if voters and kind != SINGLE.name:
        raise ValueError(
            f"zero_shot: it says which one of the classes an item is, and this task is {kind}; let rules "
            "or prompts vote"
        )
    names = [voter.name for voter in voters]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"zero_shot: {twice[0]!r} stands more than once; give each voter a name")
    blind = [voter.name for voter in voters if voter.sees == "image"]
    if blind and not pictures:
        raise ValueError(
            f"zero_shot: {blind[0]} looks at pictures, and needs source.image, the column that names them"
        )
