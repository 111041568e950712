"""What the browser and the console say to each other, as checked JSON."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Token = Annotated[str, Field(min_length=1, max_length=200)]
Tokens = Annotated[list[Token], Field(max_length=200)]


class Message(BaseModel):
    """A request: strict, with no field that we do not know."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SignIn(Message):
    """A person's token."""

    token: Token


class HandOutRequest(Message):
    """Ask for items."""

    count: Annotated[int, Field(ge=1, le=50)] = 24
    streams: Literal["review", "skipped", "adjudicate"] = "review"


class AnswerIn(Message):
    """One answer to one item."""

    lease: Token
    item_id: Annotated[str, Field(min_length=1, max_length=1000)]
    batch: Annotated[str, Field(max_length=1000)]
    outcome: Literal["label", "skip", "unsure"]
    label: str | None = Field(
        default=None,
        description="The answer, as the task's kind writes it: for a single class, its name; for "
        "several, a JSON list of names; for spans, one of [start, end, class], in characters. At most "
        "1000 characters, or what all names of classes take; 400,000 for spans.",
    )
    seconds: Annotated[float, Field(ge=0, le=86_400, strict=False)]
    note: Annotated[str, Field(max_length=5000)] = ""
    idempotency_key: Annotated[str, Field(min_length=8, max_length=200)]
    revises: Token | None = None
    classes: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="Changes of classes that the page knew; the console's if not said.",
    )

    @model_validator(mode="after")
    def _label_belongs_to_outcome(self) -> "AnswerIn":
        if (self.label is not None) != (self.outcome == "label"):
            raise ValueError("a label belongs to outcome 'label', and only there")
        return self


class AnswersIn(Message):
    """Answers in the order they were given."""

    answers: Annotated[list[AnswerIn], Field(min_length=1, max_length=100)]


class Leases(Message):
    """Hand-outs to give back or to keep longer."""

    leases: Tokens


class Span(BaseModel):
    """Where a rule matched: characters ``start`` up to ``end`` of the text."""

    start: int
    end: int
    rule: str = ""


class Opinion(BaseModel):
    """What somebody else answered; only for adjudicators."""

    outcome: str
    label: str | None
    note: str


class Given(BaseModel):
    """The answer that a person gave before."""

    idempotency_key: str
    outcome: str
    label: str | None
    note: str


class Item(BaseModel):
    """One item to review. Nothing in it tells why it is asked."""

    lease: str
    item_id: str
    batch: str
    text: str
    image: str | None = Field(description="Where to get the image.")
    fields: dict[str, Any]
    highlights: list[Span]
    suggestion: str | None
    opinions: list[Opinion]
    given: Given | None


class ProgressOut(BaseModel):
    """Counts of one person."""

    answered: int
    answered_today: int
    skipped: int
    last_ten_minutes: int
    open_items: int
    to_adjudicate: int


class HandOutReply(BaseModel):
    """Items, leased for ``lease_s`` seconds."""

    items: list[Item]
    lease_s: float
    progress: ProgressOut


class AnswerReply(BaseModel):
    """What became of one answer; ``stored`` and ``replayed`` mean that it is on disk."""

    idempotency_key: str
    status: Literal["stored", "replayed", "refused"]
    code: str | None = None
    message: str | None = None


class AnswersReply(BaseModel):
    """One reply for each answer, in order."""

    replies: list[AnswerReply]


class LeasesReply(BaseModel):
    """Leases that still run, or how many were given back."""

    leases: list[str]


class HistoryReply(BaseModel):
    """A person's latest answers, newest first."""

    items: list[Item]


class Problem(BaseModel):
    """What went wrong, and what to do."""

    code: str
    message: str
