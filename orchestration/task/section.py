"""What every section of task.yaml has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of task.yaml: a field that is not known is an error, and nothing is changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)
