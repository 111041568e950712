"""What ``task.yaml`` may say of language models."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, field_validator, model_validator

from labeling.llm.prompts.settings import Pace, Prices
from labeling.llm.providers.redaction import redactor
from resources.task.settings.section import Remakes, Section, Usd


class Budget(Section):
    """What model calls may cost, in US dollars."""

    run_usd: Annotated[Usd, Remakes.NOTHING] = Field(
        default=5.0, description="US dollars in one run; in one batch under touchstone up."
    )
    day_usd: Annotated[Usd, Remakes.NOTHING] = Field(
        default=20.0, description="US dollars in one day, by UTC."
    )
    task_usd: Annotated[Usd, Remakes.NOTHING] = Field(
        default=200.0, description="US dollars in all."
    )


class Canary(Section):
    """Reviewed items that every prompt answers again, to tell a model that changed."""

    items: Annotated[int, Field(ge=20), Remakes.NOTHING] = Field(
        default=60, description="Size of the panel; chosen once there is that much gold."
    )
    every: Annotated[PositiveInt | None, Remakes.NOTHING] = Field(
        default=None,
        description="Asked again with every n-th batch: with each one, unless cron says when.",
    )
    hours: Annotated[float, Field(ge=0), Remakes.NOTHING] = Field(
        default=12.0,
        description="With a batch at least so long after the last round; not if simulated.",
    )
    cron: Annotated[str | None, Remakes.NOTHING] = Field(
        default=None,
        description='Asked at these times of batch.timezone, batch or none: "0 6 * * *".',
    )

    @field_validator("cron")
    @classmethod
    def _cron_can_be_read(cls, cron: str | None) -> str | None:
        if cron is not None:
            import dagster as dg

            try:
                dg.ScheduleDefinition(name="any", job_name="any", cron_schedule=cron)
            except dg.DagsterInvalidDefinitionError:
                raise ValueError(
                    f"{cron!r} is no time; say minute, hour, day, month and weekday, as in "
                    '"0 6 * * *" for six in the morning of batch.timezone'
                ) from None
        return cron

    @property
    def every_nth(self) -> int | None:
        """With which batches it is asked; ``None`` if by the clock alone."""
        return self.every or (1 if self.cron is None else None)


class Pilot(Section):
    """Prompts are tried on a reviewed sample first, and only those that were promoted are asked."""

    reviews: Annotated[int, Field(ge=1, le=10_000), Remakes.NOTHING] = Field(
        default=150, description="Items that people are asked about for one pilot, at most."
    )
    at_a_time: Annotated[int, Field(ge=1, le=1_000), Remakes.NOTHING] = Field(
        default=25, description="Items put up for review at a time; then prompts are compared anew."
    )
    budget_usd: Annotated[Usd, Remakes.NOTHING] = Field(
        default=1.0, description="US dollars that all pilots of the task may cost."
    )
    margin: Annotated[float, Field(ge=0, lt=1), Remakes.NOTHING] = Field(
        default=0.02, description="Accuracy that is too little to go on asking people for."
    )


class Models(Section):
    """Which prompts vote, on which items, and what that may cost."""

    prompts: Annotated[tuple[str, ...], Remakes.VOTES] = Field(
        default=("prompts/classify.md",),
        description="Markdown files, globs too; each is a voter, or one for each model that it names.",
    )
    model: Annotated[str | None, Remakes.VOTES] = Field(
        default=None, description="Instead of the prompt's own: gpt-..., ollama/..."
    )
    api_base: Annotated[str | None, Remakes.VOTES] = Field(
        default=None, description="Address of the provider, where it is not the usual one."
    )
    api_key_variable: Annotated[str | None, Remakes.NOTHING] = Field(
        default=None, description="Name of the environment variable that holds the key."
    )
    ask: Annotated[Literal["all", "undecided"], Remakes.VOTES] = Field(
        default="all", description="undecided: only where the rules disagree or say nothing."
    )
    per_batch: Annotated[PositiveInt | None, Remakes.VOTES] = Field(
        default=None, description="Items asked, at most."
    )
    concurrency: Annotated[PositiveInt, Remakes.NOTHING] = Field(
        default=16, description="Requests out at once."
    )
    pace: Annotated[dict[str, Pace], Remakes.NOTHING] = Field(
        default_factory=dict, description="What a model allows, by its name: requests a minute ..."
    )
    prices: Annotated[dict[str, Prices], Remakes.NOTHING] = Field(
        default_factory=dict,
        description="What a model costs, by its name, where LiteLLM does not list it; a prompt's own price comes first.",
    )
    batch: Annotated[bool, Remakes.NOTHING] = Field(
        default=False,
        description="Hand questions in to the provider's batch endpoint: cheaper, within a day.",
    )
    budget: Budget = Budget()
    canary: Canary | None = None
    pilot: Pilot | None = None
    redact: Annotated[tuple[str, ...], Remakes.VOTES] = Field(
        default=(), description="Kinds of secrets and personal data taken out before sending."
    )
    redact_patterns: Annotated[dict[str, str], Remakes.VOTES] = Field(
        default_factory=dict, description="Patterns of one's own: name to regular expression."
    )

    @model_validator(mode="after")
    def _redaction_can_be_done(self) -> "Models":
        redactor(self.redact, self.redact_patterns)
        return self
