"""What every section of task.yaml has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Promise = Annotated[float, Field(gt=0, lt=1)]
Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Section(BaseModel):
    """A part of task.yaml: a field that is not known is an error, and nothing is changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)
