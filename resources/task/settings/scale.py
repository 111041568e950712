"""What ``task.yaml`` may say of where the parts of large batches are worked on."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from resources.task.settings.section import Remakes, Section


class Scale(Section):
    """The engine that works on the parts of a batch; labels are the same whichever it is."""

    engine: Annotated[Literal["here", "dask", "ray"], Remakes.NOTHING] = Field(
        default="here",
        description="here: in the process that runs the task, one after another; dask, ray: on workers, at once.",
    )
    address: Annotated[str | None, Remakes.NOTHING] = Field(
        default=None,
        description="Where the engine answers: Dask's scheduler, such as tls://10.0.0.5:8786, or Ray's client server, such "
        "as ray://10.0.0.5:10001; if not said, workers of Dask are started on this machine for each step that has "
        "use for them.",
    )
    items_a_part: Annotated[int, Field(ge=1_000, le=1_000_000), Remakes.NOTHING] = Field(
        default=50_000,
        description="Items of a batch that rules are put to together, and are held in memory by whoever does.",
    )

    @model_validator(mode="after")
    def _an_address_is_of_an_engine(self) -> "Scale":
        if self.engine == "here" and self.address is not None:
            raise ValueError("address is of an engine: say engine: dask or ray beside it")
        if self.engine == "ray" and not str(self.address).startswith("ray://"):
            raise ValueError(
                "engine: ray needs the address of a cluster that stands, such as ray://10.0.0.5:10001: none is "
                "started here, since Ray listens on all of a machine's networks; dask can do without"
            )
        return self
