"""What ``task.yaml`` may say of quality: how it is summed up, what warns, what raises the alarm."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PositiveInt

from resources.task.settings.section import Promise, Remakes, Section, Share

WARNING_CHECKS = (
    "few_rows_are_set_aside",
    "every_file_can_be_read",
    "rules_say_something",
    "rules_rarely_fail",
    "answers_can_be_read",
    "the_batch_is_complete",
    "models_answer",
    "models_are_asked_as_they_like",
    "models_do_not_refuse",
    "the_cost_is_as_quoted",
    "zero_shot_voters_say_something",
    "pictures_can_be_looked_at",
    "few_agreements_are_overruled",
    "most_items_are_labelled",
    "as_many_are_labelled_as_before",
    "reviews_are_of_known_items",
    "reviews_are_of_the_text_that_stands",
    "answers_take_time",
)
"""Checks that tell and hold nothing back, so that a task may do without."""


def _only_warns(name: str) -> str:
    if name not in WARNING_CHECKS:
        raise ValueError(f"{name!r} is no check that warns; allowed: {', '.join(WARNING_CHECKS)}")
    return name


class Quality(Section):
    """How quality is summed up."""

    window_batches: Annotated[PositiveInt, Remakes.QUALITY] = Field(
        default=8, description="Batches of the sliding window of accuracy."
    )
    undecided_warns_above: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.6, description="Share of a batch without a label from which on a check warns."
    )
    labelled_falls_at_most: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.5,
        description="Part of the usual share of labelled items that a batch may lose, beyond "
        "chance, before a check warns; 1: never.",
    )
    overruled_warns_above: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.05,
        description="Share of items labelled otherwise than two or more voters say that agree.",
    )
    unread_warns_above: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.1, description="Share of a model's answers that name no class."
    )
    refused_warns_above: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.05, description="Share of a model's answers that are refusals."
    )
    cost_warns_above: Annotated[float, Field(gt=0), Remakes.NOTHING] = Field(
        default=1.0, description="What answers cost, as a multiple of the quote at worst."
    )
    hasty_warns_above: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.05, description="Share of reviews given in under a fifth of a second."
    )
    unchecked: Annotated[
        tuple[Annotated[str, AfterValidator(_only_warns)], ...], Remakes.NOTHING
    ] = Field(default=(), description="Names of checks that are not made; of those that only warn.")


class Alarm(Section):
    """When accuracy has drifted."""

    accuracy_at_least: Annotated[float, Field(gt=0, lt=1), Remakes.QUALITY] = Field(
        default=0.9,
        description="Share of right labels that is promised; the alarm goes off once it is proven that fewer are.",
    )
    false_alarms: Annotated[float, Field(gt=0, lt=1), Remakes.QUALITY] = Field(
        default=0.05, description="Chance of any false alarm within the horizon."
    )
    horizon_batches: Annotated[PositiveInt, Remakes.QUALITY] = Field(
        default=100, description="Batches over which the chance of a false alarm holds."
    )
    holds_publication: Annotated[bool, Remakes.PUBLISHED] = Field(
        default=False,
        description="Hold labels since the change back from labels.parquet while their alarm is open.",
    )
    severity: Annotated[Literal["warn", "error"], Remakes.NOTHING] = Field(
        default="warn", description="Of the check in Dagster; error where publication is held."
    )
    classes: Annotated[dict[str, Promise], Remakes.QUALITY] = Field(
        default_factory=dict, description="Accuracy promised for labels of a class."
    )
    voters: Annotated[dict[str, Promise], Remakes.QUALITY] = Field(
        default_factory=dict, description="Accuracy promised for a voter: rule/..., llm/..."
    )
    precision_at_least: Annotated[Promise | None, Remakes.QUALITY] = Field(
        default=None,
        description="Of spans: share promised of items that are marked, without a mark that is wrong.",
    )
    recall_at_least: Annotated[Promise | None, Remakes.QUALITY] = Field(
        default=None,
        description="Of spans: share promised of items that hold spans, with none of them missed.",
    )
    reference_reviews: Annotated[int, Field(ge=20), Remakes.QUALITY] = Field(
        default=50,
        description="First reviews of a class, voter or part of F1 without a promise: they set its own.",
    )
