"""What every section of task.yaml has in common, and what each field in it remakes."""

from enum import Enum
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Promise = Annotated[float, Field(gt=0, lt=1)]
M = TypeVar("M", bound=BaseModel)
Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Remakes(Enum):
    """What the next run makes anew because a setting is another one, and all that follows from it."""

    LANDING = "files are read anew, and what another reading changes is labelled anew"
    VOTES = "rules and models vote anew in every batch; answers in the ledger are not paid again"
    LABELS = "labels, samples and queue of every batch are made anew, from the votes that stand"
    QUALITY = "accuracy, evidence and alarms of every batch are worked out anew"
    PUBLISHED = "published files and the report are made anew"
    CONTENT = "nothing by itself: each run compares what it names, and that counts if it changed"
    NOTHING = "nothing: it counts from the next run, question or page on"


class Section(BaseModel):
    """A part of task.yaml: a field that is not known is an error, and nothing is changed later.

    A field is a section, or several, or a value; one that is a value says what it remakes.

    Raises
    ------
    TypeError
        Where a class is declared with a value that does not say it, or says it twice.

    Examples
    --------
    >>> class Sample(Section):
    ...     per_batch: Annotated[int, Remakes.LABELS] = 50
    >>> class Other(Section):
    ...     per_batch: int = 50
    Traceback (most recent call last):
    ...
    TypeError: Other.per_batch: say what another value remakes, as in Annotated[..., Remakes.LABELS]
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Check that each value says what it remakes."""
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            said = [one for one in field.metadata if isinstance(one, Remakes)]
            inner = section_in(field.annotation)
            if inner is None and len(said) != 1:
                raise TypeError(
                    f"{cls.__name__}.{name}: say what another value remakes, as in "
                    "Annotated[..., Remakes.LABELS]"
                )
            if inner is not None and said:
                raise TypeError(f"{cls.__name__}.{name}: the fields of {inner.__name__} say it")


def section_in(annotation: Any, kind: type[M] = Section) -> type[M] | None:
    """Return the section that a field holds, or holds several of; None if it is a value.

    Examples
    --------
    >>> section_in(tuple[Section, ...]) is Section, section_in(dict[str, int] | None)
    (True, None)
    """
    if isinstance(annotation, type) and issubclass(annotation, kind):
        return annotation
    found = (section_in(one, kind) for one in get_args(annotation))
    return next((one for one in found if one is not None), None)
