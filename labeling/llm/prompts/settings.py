"""What the front matter of a prompt file may say."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    field_validator,
    model_validator,
)

from labeling.kinds.several.answer import written
from labeling.llm.prompts.asked import Asked
from labeling.llm.providers.room import LIMITS, limit_name

Share = Annotated[float, Field(ge=0, le=1)]
Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]

OURS = (
    "model",
    "messages",
    "response_format",
    "logprobs",
    "top_logprobs",
    "n",
    "stream",
    "api_key",
)
"""Parameters that the engine sets itself and a prompt file may not."""

KNOWN = (
    *LIMITS,
    "temperature",
    "top_p",
    "top_k",
    "top_a",
    "min_p",
    "typical_p",
    "seed",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "repetition_penalty",
    "repeat_penalty",
    "repeat_last_n",
    "logit_bias",
    "mirostat",
    "mirostat_eta",
    "mirostat_tau",
    "num_ctx",
    "keep_alive",
    "reasoning_effort",
    "thinking",
    "verbosity",
    "safety_settings",
    "user",
    "allowed_openai_params",
)
"""Parameters that a prompt file may set. Each leaves a request at what is put aside for it; what
is not listed here might make it dearer."""


def _whole(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} must be a whole number above 0, found {value!r}")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Output(_Section):
    """What an answer looks like."""

    format: Literal["auto", "json", "text"] = Field(
        default="auto", description="auto: JSON by schema where the model supports it, else text."
    )
    reasoning: bool = Field(default=False, description="Let the model think before it answers.")
    confidence: Literal["auto", "logprobs", "samples", "stated", "none"] = Field(
        default="auto", description="auto: log-probabilities where the model gives them."
    )
    samples: Annotated[int, Field(ge=1, le=50)] = Field(
        default=1, description="Answers asked of each item; above 1 only with confidence: samples."
    )

    @model_validator(mode="after")
    def _samples_are_used(self) -> "Output":
        if self.confidence == "samples" and self.samples < 2:
            raise ValueError("confidence: samples needs samples: 2 or more")
        if self.confidence != "samples" and self.samples > 1:
            raise ValueError("samples above 1 needs confidence: samples")
        return self


def _answer(label: object) -> object:
    """Write a list of classes, or of spans, as an answer is written."""
    if not isinstance(label, list):
        return label
    parts = cast("list[object]", label)
    if any(isinstance(part, list) for part in parts):
        return json.dumps(parts, ensure_ascii=False)
    return written(str(name) for name in parts)


class FixedExample(_Section):
    """One fixed example."""

    text: str = Field(description="What stands there.")
    label: Annotated[
        str, BeforeValidator(_answer, json_schema_input_type=str | list[str | list[int | str]])
    ] = Field(
        description="The class that is the right answer; where an item may have several, a list of them; "
        "of spans a list of [start, end, class]."
    )


class Examples(_Section):
    """Which examples a model sees before the item."""

    choose: Literal["none", "fixed", "balanced", "nearest"] = Field(
        default="none",
        description="fixed: those of items. Of gold: as many of each class, or the most similar to the item.",
    )
    count: PositiveInt = Field(default=4, description="How many of gold are shown, at most.")
    items: tuple[FixedExample, ...] = Field(
        default=(), description="The examples of choose: fixed."
    )

    @model_validator(mode="after")
    def _fixed_are_given(self) -> "Examples":
        if (self.choose == "fixed") != bool(self.items):
            raise ValueError("choose: fixed and items go together")
        return self


class Pace(_Section):
    """What one model is asked at most; where nothing is said, nothing is held back."""

    requests_per_minute: PositiveInt | None = Field(
        default=None, description="Requests sent within a minute, at most."
    )
    tokens_per_minute: PositiveInt | None = Field(
        default=None, description="Tokens sent and asked for within a minute, at most."
    )
    concurrency: PositiveInt = Field(default=16, description="Requests out at once.")


@dataclass(frozen=True, slots=True)
class Paces:
    """What all models are asked at most, and some of them.

    Parameters
    ----------
    default : Pace
        Of models of which nothing else is said.
    by_model : mapping of str to Pace
        Of single models, as LiteLLM names them.

    Examples
    --------
    >>> paces = Paces(Pace(concurrency=4), {"gpt-4o-mini": Pace(requests_per_minute=600)})
    >>> paces.of("gpt-4o-mini", [Pace(requests_per_minute=60), Pace(tokens_per_minute=9000)])
    Pace(requests_per_minute=60, tokens_per_minute=9000, concurrency=4)
    """

    default: Pace = field(default_factory=Pace)
    by_model: Mapping[str, Pace] = field(default_factory=dict[str, Pace])

    def of(self, model: str, wanted: Iterable[Pace] = ()) -> Pace:
        """Return the strictest of what is said of ``model`` here and ``wanted`` by its prompts.

        Prompts on one model share what it allows, so the strictest holds for all of them.
        """
        said = [*([self.by_model[model]] if model in self.by_model else []), *wanted]
        if not said:
            return self.default

        def least(name: str) -> int | None:
            told: list[int] = [
                getattr(pace, name) for pace in said if name in pace.model_fields_set
            ]
            return min((one for one in told if one), default=getattr(self.default, name))

        return Pace(
            requests_per_minute=least("requests_per_minute"),
            tokens_per_minute=least("tokens_per_minute"),
            concurrency=least("concurrency") or self.default.concurrency,
        )


class Prices(_Section):
    """US dollars a million tokens, for models that LiteLLM has no price of."""

    input: Usd = Field(description="US dollars a million tokens that are sent.")
    output: Usd = Field(description="US dollars a million tokens that are answered.")
    cached_input: Usd | None = Field(
        default=None,
        description="The same of tokens that the provider has in its cache; as input if not said.",
    )


class Settings(_Section):
    """The front matter of a prompt file."""

    model: str | tuple[str, ...] = Field(description="As LiteLLM names it; several make a panel.")
    fallbacks: tuple[str, ...] = Field(
        default=(), description="Models that are asked, in order, where the one before is down."
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="What shapes an answer: temperature, max_tokens, seed, reasoning_effort, ...",
    )
    output: Output = Output()
    examples: Examples = Examples()
    descriptions: dict[str, str] = Field(
        default_factory=dict,
        description="What this prompt says of classes, by name, instead of what task.yaml says.",
    )
    ask: Asked = Field(
        default="all",
        description="On which items: all, those where rules disagree or say nothing, those where another prompt was unsure, or as few as a guarantee allows.",
    )
    shortlist: Annotated[int, Field(ge=2)] | None = Field(
        default=None, description="Show only that many classes, the most similar to the item."
    )
    price: Prices | None = None
    pace: Pace | None = None
    timeout_s: Annotated[float, Field(gt=0)] = Field(
        default=60.0, description="Seconds that an answer may take."
    )

    @field_validator("parameters")
    @classmethod
    def _parameters_are_the_models(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        ours = sorted(set(parameters) & set(OURS))
        if ours:
            raise ValueError(f"parameters may not set {', '.join(ours)}; the engine does")
        strangers = sorted(set(parameters) - set(KNOWN))
        if strangers:
            raise ValueError(
                f"parameters may not set {', '.join(strangers)}: nobody knows what a request would "
                f"cost with it; allowed are {', '.join(sorted(KNOWN))}"
            )
        limits = [name for name in LIMITS if name in parameters]
        if len(limits) > 1:
            raise ValueError(f"{' and '.join(limits)} are the same limit; keep one of them")
        for name in limits:
            _whole(name, parameters[name])
        thinking = parameters.get("thinking")
        if isinstance(thinking, Mapping) and "budget_tokens" in thinking:
            _whole("thinking.budget_tokens", cast("Any", thinking)["budget_tokens"])
        return parameters

    def room(self, alone: int) -> int:
        """Return completion tokens at most, where an answer without thoughts is given ``alone``."""
        chosen = self.parameters.get(limit_name(self.parameters))
        return int(chosen) if chosen is not None else (1024 if self.output.reasoning else alone)
