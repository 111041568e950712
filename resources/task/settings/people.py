"""What ``task.yaml`` may say about the people who review."""

from typing import Annotated

from pydantic import Field, PositiveInt, model_validator

from resources.task.settings.section import Remakes, Section, Share, Usd


class LabelStudio(Section):
    """A running Label Studio that people answer in, beside or instead of the console."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+"), Remakes.NOTHING] = Field(
        description="Its address, such as http://127.0.0.1:8080."
    )
    project: Annotated[str | None, Remakes.NOTHING] = Field(
        default=None, description="Its title; the task's name if not said."
    )
    token_variable: Annotated[str, Field(min_length=1), Remakes.NOTHING] = Field(
        description="Name of the environment variable that holds the access token."
    )
    keep: Annotated[PositiveInt, Remakes.NOTHING] = Field(
        default=50, description="Items that wait there for answers."
    )
    every_s: Annotated[int, Field(ge=30), Remakes.NOTHING] = Field(
        default=60, description="Seconds between syncs."
    )


class Reviewers(Section):
    """Who answers, and how the work is mixed."""

    seconds_per_review: Annotated[float, Field(gt=0), Remakes.PUBLISHED] = Field(
        default=8.0, description="How long an answer takes, to say what reviews cost."
    )
    usd_per_hour: Annotated[Usd, Remakes.PUBLISHED] = Field(
        default=25.0, description="What an hour of a reviewer costs."
    )
    budget_usd: Annotated[Usd | None, Remakes.PUBLISHED] = Field(
        default=None, description="What reviews may cost in all."
    )
    usd_per_wrong_label: Annotated[Usd | None, Remakes.PUBLISHED] = Field(
        default=None, description="What a wrong label costs; reviews that cost more do not pay."
    )
    accuracy_wanted: Annotated[Share | None, Remakes.PUBLISHED] = Field(
        default=None, description="Once the audit's lower bound has passed it, reviews may stop."
    )
    suggestions: Annotated[bool, Remakes.NOTHING] = Field(
        default=False, description="Show what machines think on half of the queue; never on audits."
    )
    audits: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.2, description="Chance that the next item is an audit."
    )
    checks: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.05, description="Chance that it is hidden gold."
    )
    overlap: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.1, description="Share of items that two people answer."
    )

    @model_validator(mode="after")
    def _shares_of_one_stream(self) -> "Reviewers":
        if self.audits + self.checks + self.overlap > 1:
            raise ValueError(
                "audits, checks and overlap are shares of one stream, at most 1 in all"
            )
        return self
