"""What ``task.yaml`` may say: every field, what it means and what is allowed."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PositiveInt, field_validator, model_validator

from labeling.kinds.registry import KINDS, SINGLE
from labeling.kinds.several.answer import NOT
from resources.task.settings.alerts import Alerts
from resources.task.settings.classes import ClassSpec
from resources.task.settings.demo import Demo, at_todays
from resources.task.settings.models import Models
from resources.task.settings.people import LabelStudio, Reviewers
from resources.task.settings.quality import Alarm, Quality
from resources.task.settings.scale import Scale
from resources.task.settings.section import Remakes, Section, Share
from resources.task.settings.source import Batch, Source
from resources.task.settings.state import State
from resources.task.settings.store import Store
from resources.task.settings.student import Student
from resources.task.settings.zero_shot import ZeroShot, check_voters

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]


SEVERAL, SPANS = "several", "spans"

NO_SPANS = ("(micro)", "(overlap) ")
NO_SETS = ("(none)", "(micro)", "(hamming loss)")
NO_CLASSES = ("(all)", "(macro)", "(undecided)")
"""What stands in the place of a class where a figure is about all of them, or about none."""


def known_kind(name: str) -> str:
    """Return the name of a kind.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if name not in KINDS:
        raise ValueError(f"there is no such kind; allowed: {', '.join(KINDS)}")
    return name


class Rules(Section):
    """Which files hold the rules, and how rarely they are to fail."""

    files: Annotated[tuple[str, ...], Remakes.CONTENT] = Field(
        default=("rules.yaml",),
        description="YAML files, one where texts are marked, and at most one Python file; none, to do "
        "without rules.",
    )
    failures_at_most: Annotated[Share, Remakes.NOTHING] = Field(
        default=0.01, description="Of a batch's items, for each rule; above, a check warns."
    )


class Audit(Section):
    """The random sample that measures."""

    per_batch: Annotated[PositiveInt, Remakes.LABELS] = Field(
        default=50, description="Labels of each batch that are drawn at random for people to check."
    )
    design: Annotated[Literal["proven", "stratified", "uniform"], Remakes.LABELS] = Field(
        default="proven",
        description="Draw doubtful labels more often: once audits prove that doubt ranks errors, "
        "always, or never.",
    )


class Queue(Section):
    """The items that teach most, and answers worth a second look."""

    per_batch: Annotated[int, Field(ge=0), Remakes.LABELS] = Field(
        default=20,
        description="Items of each batch that people are asked about because they teach; 0: none.",
    )
    strategy: Annotated[
        Literal[
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
        ],
        Remakes.LABELS,
    ] = Field(default="auto", description="How the items are chosen.")
    random_share: Annotated[Share, Remakes.LABELS] = Field(
        default=0.1, description="Share drawn at random: it shows what the strategy gains."
    )
    rereviews_per_batch: Annotated[int, Field(ge=0), Remakes.LABELS] = Field(
        default=5, description="Doubtful answers and labels to look at again, at most."
    )


class TaskSpec(Section):
    """The whole of ``task.yaml``."""

    name: Annotated[Name, Remakes.NOTHING] = Field(
        description="The task's name: that of its folder."
    )
    description: Annotated[str, Remakes.PUBLISHED] = Field(
        default="", description="What is asked, in a sentence; stands above results and report."
    )
    guidelines: Annotated[str | None, Remakes.NOTHING] = Field(
        default=None, description="A Markdown file that reviewers read, from the task's folder on."
    )
    owner: Annotated[str, Remakes.NOTHING] = Field(
        default="labeling", description="The team that Dagster shows as owner of the task's tables."
    )
    kind: Annotated[
        str,
        Field(json_schema_extra={"enum": list(KINDS)}),
        AfterValidator(known_kind),
        Remakes.VOTES,
    ] = Field(
        default=SINGLE.name,
        description="What is asked about an item: which one of the classes it is (single), which "
        "of them apply, any number at once (several), or which stretches of its text are of which (spans).",
    )
    at_most: Annotated[PositiveInt | None, Remakes.VOTES] = Field(
        default=None, description="Of several: how many classes an item may have."
    )
    none_allowed: Annotated[bool | None, Remakes.VOTES] = Field(
        default=None,
        description="Of several: whether an item may have no class at all; it may, if not said.",
    )
    excludes: Annotated[tuple[tuple[str, ...], ...], Remakes.VOTES] = Field(
        default=(),
        description="Of several: groups of classes of which at most one applies to an item.",
    )
    overlap: Annotated[Literal["none", "allowed"] | None, Remakes.VOTES] = Field(
        default=None,
        description="Of spans: whether spans of one text may share characters; they may not, if not said.",
    )
    unit: Annotated[Literal["character"] | None, Remakes.NOTHING] = Field(
        default=None,
        description="Of spans: what offsets count; Unicode code points of the stored text, half-open.",
    )
    classes: Annotated[tuple[ClassSpec, ...], Field(min_length=1)] = Field(
        description="What an item may be, or hold spans of: two classes or more, of spans one or more."
    )
    class_balance: Annotated[dict[str, Share] | None, Remakes.LABELS] = Field(
        default=None,
        description="Share of each class among items, where it is known; they add up to 1, save of "
        "several classes an item. Else it is estimated.",
    )
    source: Source
    batch: Batch = Batch()
    rules: Rules = Rules()
    models: Models | None = None
    zero_shot: tuple[ZeroShot, ...] = ()
    student: Student = Student()
    audit: Audit = Audit()
    queue: Queue = Queue()
    quality: Quality = Quality()
    alarm: Alarm = Alarm()
    alerts: Alerts = Alerts()
    reviewers: Reviewers = Reviewers()
    label_studio: LabelStudio | None = None
    store: Store = Store()
    state: State = State()
    demo: Demo = Demo()
    scale: Scale = Scale()

    @model_validator(mode="before")
    @classmethod
    def _former_places(cls, said: Any) -> Any:
        return at_todays(said)

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
    def _settings_of_spans(self) -> "TaskSpec":
        if self.kind == SPANS:
            if self.source.image is not None:
                raise ValueError("source.image: spans are of texts; leave it out")
            if self.models is not None and (self.models.redact or self.models.redact_patterns):
                raise ValueError(
                    "models.redact: it would move what models quote; source.redact takes it out of the "
                    "stored text"
                )
            for name in (one.name for one in self.classes):
                if name.startswith(NO_SPANS):
                    raise ValueError(f"class {name!r} reads as a figure; take another name")
            return self
        said = {name: getattr(self, name) for name in ("overlap", "unit")}
        said |= {
            f"alarm.{n}": getattr(self.alarm, n) for n in ("precision_at_least", "recall_at_least")
        }
        given = [name for name, value in said.items() if value is not None]
        if given:
            raise ValueError(f"{given[0]} is of kind: {SPANS}, and this task is {self.kind}")
        if len(self.classes) < 2:
            raise ValueError(
                f"classes: a task of kind {self.kind} needs two classes or more, found one"
            )
        return self

    @model_validator(mode="after")
    def _limits_of_sets(self) -> "TaskSpec":
        names = [c.name for c in self.classes]
        if self.kind != SEVERAL:
            given = {n: getattr(self, n) for n in ("at_most", "none_allowed", "excludes")}
            given["student.thresholds"] = self.student.thresholds
            said = [name for name, value in given.items() if value not in (None, ())]
            if said:
                raise ValueError(f"{said[0]} is of kind: {SEVERAL}, and this task is {self.kind}")
            return self
        for name in names:
            if name in NO_SETS or name.startswith(("[", NOT)) or name.casefold() == "none":
                raise ValueError(f"class {name!r} reads as an answer; take another name")
        for group in self.excludes:
            strangers = sorted(set(group) - set(names))
            if strangers or len(set(group)) < 2:
                what = f"{strangers[0]!r} is no class" if strangers else f"{list(group)} is no pair"
                raise ValueError(f"excludes: {what}; allowed: two or more of {', '.join(names)}")
        return self

    @model_validator(mode="after")
    def _balance_of_known_classes(self) -> "TaskSpec":
        if self.class_balance is not None:
            names = {c.name for c in self.classes}
            if set(self.class_balance) != names:
                raise ValueError(f"class_balance must name each of {sorted(names)} once")
            edges = [name for name, share in self.class_balance.items() if not 0 < share < 1]
            if self.kind != SINGLE.name and edges:
                raise ValueError(
                    f"class_balance: {edges[0]} is {self.class_balance[edges[0]]:g}; of several classes "
                    "a share lies above 0 and below 1"
                )
            if self.kind == SINGLE.name and abs(sum(self.class_balance.values()) - 1) > 1e-6:
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
    def _zero_shot_voters_can_look(self) -> "TaskSpec":
        check_voters(self.zero_shot, self.kind, pictures=self.source.image is not None)
        return self

    @model_validator(mode="after")
    def _a_simulated_model_has_prompts_and_no_batches(self) -> "TaskSpec":
        if self.demo.simulated is not None and self.models is None:
            raise ValueError("demo.simulated needs models, the section that names prompts")
        if self.demo.simulated is not None and self.models is not None and self.models.batch:
            raise ValueError(
                "models.batch: a simulated model has no batch endpoint; leave one of them out"
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
