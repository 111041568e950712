"""What ``task.yaml`` may say: every field, what it means and what is allowed."""

from difflib import get_close_matches
from pathlib import PurePath
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import Field, PositiveInt, field_validator, model_validator

from labeling.files.records import ENDINGS
from labeling.llm.redaction import redactor
from resources.task.alert_settings import Alerts
from resources.task.model_settings import Models
from resources.task.people_settings import LabelStudio, Reviewers
from resources.task.quality_settings import Alarm, Quality
from resources.task.section import Section, Share, Usd

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]


NO_CLASSES = ("(all)", "(macro)", "(undecided)")
"""What stands in the place of a class where a figure is about all of them, or about none."""


class ClassSpec(Section):
    """One class that an item may belong to."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    description: str = ""
    synonyms: tuple[str, ...] = ()
    key: Annotated[str, Field(min_length=1, max_length=1)] | None = None


class Source(Section):
    """Where items come from and which column is what."""

    files: str | None = Field(default=None, description="Glob of csv, jsonl or parquet files.")
    query: str | None = Field(default=None, description="A DuckDB query, instead of files.")
    generator: str | None = Field(
        default=None, description="A Python file whose generate(inbox, truth) simulates the files."
    )
    id: str = "item_id"
    text: str = "text"
    image: str | None = None
    image_folder: str = Field(
        default=".", description="Where paths of images start; nothing outside it is read."
    )
    time: str | None = None
    time_format: str | None = Field(
        default=None,
        description="How times are written, such as '%d.%m.%Y %H:%M', if in no common way.",
    )
    metadata: tuple[str, ...] = ()
    longest_text: PositiveInt = Field(
        default=100_000, description="Characters; longer is set aside."
    )
    redact: tuple[str, ...] = Field(
        default=(), description="Kinds of secrets and personal data never stored: email, token, ..."
    )
    redact_patterns: dict[str, str] = Field(
        default_factory=dict, description="Patterns of one's own: name to regular expression."
    )
    bad_rows_at_most: Share = Field(
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

    every: Literal["hour", "day", "week", "month", "file"] = "day"
    cron: str | None = Field(default=None, description="When new batches are labelled.")
    timezone: str = Field(
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


class Rules(Section):
    """Which files hold the rules, and how rarely they are to fail."""

    files: tuple[str, ...] = ("rules.yaml",)
    failures_at_most: Share = Field(
        default=0.01, description="Of a batch's items, for each rule; above, a check warns."
    )


class Embeddings(Section):
    """A model that turns texts into vectors, through LiteLLM; asked once for each text."""

    model: Annotated[str, Field(min_length=1)]
    api_base: str | None = None
    api_key_variable: str | None = Field(
        default=None, description="Name of the environment variable that holds the key."
    )
    at_once: PositiveInt = Field(default=64, description="Texts in one request.")
    retries: Annotated[int, Field(ge=0)] = 2
    budget_usd: Usd = Field(default=5.0, description="What vectors may cost in all.")


class SentenceTransformers(Section):
    """A model of the package sentence-transformers, on this machine."""

    model: Annotated[str, Field(min_length=1)] = Field(
        description="Its folder, from the task's on, or its name in the hub's cache of this user."
    )
    device: str | None = Field(default=None, description="cpu, cuda, mps; by itself if not said.")
    at_once: PositiveInt = Field(default=64, description="Texts that it reads together.")


class Student(Section):
    """The classifier trained on consensus and gold."""

    enabled: bool = True
    looks_at: Literal["auto", "text", "image"] = Field(
        default="auto", description="auto: images where items have no text, else texts."
    )
    features: Literal["tfidf", "embeddings", "sentence-transformers"] = "tfidf"
    embeddings: Embeddings | None = None
    sentence_transformers: SentenceTransformers | None = None
    decides_from: Share = Field(
        default=0.6, description="Its confidence where nobody else decided."
    )

    @model_validator(mode="after")
    def _embeddings_have_a_model(self) -> "Student":
        if self.features == "embeddings" and self.embeddings is None:
            raise ValueError("features: embeddings needs embeddings: {model: ...} beside it")
        if self.features == "sentence-transformers" and self.sentence_transformers is None:
            raise ValueError(
                "features: sentence-transformers needs sentence_transformers: {model: ...} beside it"
            )
        if self.reads_vectors and self.looks_at == "image":
            raise ValueError(
                f"features: {self.features} are of texts; with looks_at: image leave them out"
            )
        return self

    @property
    def reads_vectors(self) -> bool:
        """Whether texts are read by an embedding model, which no file of a student can hold."""
        return self.features != "tfidf"


class Audit(Section):
    """The random sample that measures."""

    per_batch: PositiveInt = 50
    seed: int = 0
    design: Literal["proven", "stratified", "uniform"] = Field(
        default="proven",
        description="Draw doubtful labels more often: once audits prove that doubt ranks errors, "
        "always, or never.",
    )


class Queue(Section):
    """The items that teach most, and answers worth a second look."""

    per_batch: Annotated[int, Field(ge=0)] = 20
    strategy: Literal[
        "auto",
        "random",
        "least-confidence",
        "margin",
        "entropy",
        "disagreement",
        "density",
        "typical",
        "margin-cluster",
        "teaching",
    ] = Field(default="auto", description="How the items are chosen.")
    random_share: Share = Field(
        default=0.1, description="Share drawn at random: it shows what the strategy gains."
    )
    rereviews_per_batch: Annotated[int, Field(ge=0)] = Field(
        default=5, description="Doubtful answers and labels to look at again, at most."
    )
    seed: int = 0


class TaskSpec(Section):
    """The whole of ``task.yaml``."""

    name: Name
    description: str = ""
    guidelines: str | None = None
    owner: str = "labeling"
    classes: Annotated[tuple[ClassSpec, ...], Field(min_length=2)]
    class_balance: dict[str, Share] | None = None
    source: Source
    batch: Batch = Batch()
    rules: Rules = Rules()
    models: Models | None = None
    student: Student = Student()
    audit: Audit = Audit()
    queue: Queue = Queue()
    quality: Quality = Quality()
    alarm: Alarm = Alarm()
    alerts: Alerts = Alerts()
    reviewers: Reviewers = Reviewers()
    label_studio: LabelStudio | None = None

    @field_validator("classes")
    @classmethod
    def _distinct(cls, classes: tuple[ClassSpec, ...]) -> tuple[ClassSpec, ...]:
        names = [c.name for c in classes]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"class {twice[0]!r} stands more than once")
        for name in set(names).intersection(NO_CLASSES):
            raise ValueError(f"{name!r} is how tables name what is no class; take another name")
        by_key: dict[str, str] = {}
        for one in classes:
            other = by_key.setdefault(one.key or one.name, one.name)
            if one.key is not None and other != one.name:
                raise ValueError(
                    f"classes {other!r} and {one.name!r} share the key {one.key!r}; give each its own"
                )
        return classes

    @model_validator(mode="after")
    def _balance_of_known_classes(self) -> "TaskSpec":
        if self.class_balance is not None:
            names = {c.name for c in self.classes}
            if set(self.class_balance) != names:
                raise ValueError(f"class_balance must name each of {sorted(names)} once")
            if abs(sum(self.class_balance.values()) - 1) > 1e-6:
                raise ValueError(
                    f"class_balance must add up to 1, adds up to {sum(self.class_balance.values()):g}"
                )
        return self

    @model_validator(mode="after")
    def _images_come_from_a_column(self) -> "TaskSpec":
        if self.student.looks_at == "image" and self.source.image is None:
            raise ValueError(
                "student.looks_at: image needs source.image, the column that names them"
            )
        return self

    @model_validator(mode="after")
    def _promises_of_known_classes(self) -> "TaskSpec":
        names = [c.name for c in self.classes]
        strangers = sorted(set(self.alarm.classes) - set(names))
        if strangers:
            raise ValueError(
                f"alarm.classes: {strangers[0]!r} is no class; allowed: {', '.join(names)}"
            )
        return self
