"""What ``task.yaml`` may say of items: where they come from, and which make a batch."""

from difflib import get_close_matches
from pathlib import PurePath
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import Field, PositiveInt, field_validator, model_validator

from labeling.files.records import ENDINGS
from labeling.llm.providers.redaction import redactor
from resources.task.settings.section import Remakes, Section, Share


class Source(Section):
    """Where items come from and which column is what."""

    files: Annotated[str | None, Remakes.CONTENT] = Field(
        default=None,
        description="Glob of csv, jsonl or parquet files; csv and jsonl may be packed (.gz).",
    )
    query: Annotated[str | None, Remakes.CONTENT] = Field(
        default=None, description="A DuckDB query, instead of files."
    )
    id: Annotated[str, Remakes.LANDING] = Field(
        default="item_id", description="Column with the name of each item, unique within the task."
    )
    text: Annotated[str, Remakes.LANDING] = Field(
        default="text", description="Column with the text to be labelled."
    )
    image: Annotated[str | None, Remakes.LANDING] = Field(
        default=None, description="Column with the path, address or data: URL of a picture."
    )
    image_folder: Annotated[str, Remakes.CONTENT] = Field(
        default=".", description="Where paths of images start; nothing outside it is read."
    )
    time: Annotated[str | None, Remakes.LANDING] = Field(
        default=None,
        description="Column that says when an item came to be; without one, items have no batch by time.",
    )
    time_format: Annotated[str | None, Remakes.LANDING] = Field(
        default=None,
        description="How times are written, such as '%d.%m.%Y %H:%M', if in no common way.",
    )
    metadata: Annotated[tuple[str, ...], Remakes.LANDING] = Field(
        default=(), description="Further columns kept beside each item, for rules to look at."
    )
    longest_text: Annotated[PositiveInt, Remakes.LANDING] = Field(
        default=100_000, description="Characters; longer is set aside."
    )
    redact: Annotated[tuple[str, ...], Remakes.LANDING] = Field(
        default=(), description="Kinds of secrets and personal data never stored: email, token, ..."
    )
    redact_patterns: Annotated[dict[str, str], Remakes.LANDING] = Field(
        default_factory=dict, description="Patterns of one's own: name to regular expression."
    )
    bad_rows_at_most: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.05, description="Share of rows set aside above which a check warns."
    )

    @model_validator(mode="after")
    def _one_source(self) -> "Source":
        if (self.files is None) == (self.query is None):
            raise ValueError("give either files or query, and not both")
        return self

    @model_validator(mode="after")
    def _redaction_can_be_done(self) -> "Source":
        redactor(self.redact, self.redact_patterns)
        return self

    @field_validator("files")
    @classmethod
    def _known_format(cls, files: str | None) -> str | None:
        if files is None:
            return None
        if not files.lower().endswith(ENDINGS):
            raise ValueError(f"{files!r} must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}")
        mixed = [part for part in PurePath(files).parts if "**" in part and part != "**"]
        if mixed:
            raise ValueError(
                f"{files!r}: ** stands for any folders, and alone, as in items/**/*.csv"
            )
        return files


class Batch(Section):
    """How long the window of one batch is."""

    every: Annotated[Literal["hour", "day", "week", "month", "file"], Remakes.LANDING] = Field(
        default="day", description="The window of time that makes a batch, or each file as one."
    )
    cron: Annotated[str | None, Remakes.NOTHING] = Field(
        default=None, description="When new batches are labelled."
    )
    timezone: Annotated[str, Remakes.LANDING] = Field(
        default="UTC",
        description="Where days begin, what clocks go by, and where times without a zone are from.",
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            near = get_close_matches(timezone, available_timezones(), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(
                f"{timezone!r} is no time zone; allowed are names such as Europe/Berlin{hint}"
            ) from None
        return timezone
