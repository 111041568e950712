"""Real models out of recordings: asked about a recorded text, they answer as they did."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from labeling.kinds.classes import ClassSpec
from tests.fakes.provider.server import Body

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
ITEM = re.compile(r"<item-([0-9a-f]{8})>\n(.*?)\n</item-\1>", re.DOTALL)


def item_text(body: Body) -> str:
    """The item that a request asks about."""
    for message in reversed(body["messages"]):
        content = message["content"]
        if not isinstance(content, str):
            content = "\n".join(part.get("text", "") for part in content)
        found = ITEM.findall(content)
        if found:
            return found[-1][1]
    return ""


@dataclass
class RecordedPanel:
    """The models of one of the ``llm_css_*`` sets; the request's model says which one speaks."""

    name: str
    votes: pd.DataFrame = field(init=False)
    meta: dict = field(init=False)

    def __post_init__(self) -> None:
        folder = SHARED / self.name
        self.meta = json.loads((folder / "meta.json").read_text())
        self.votes = pd.read_parquet(folder / "votes.parquet")
        self._row = {text: n for n, text in enumerate(self.votes.text)}

    @property
    def classes(self) -> list[ClassSpec]:
        return [ClassSpec(c, synonyms=(c[:1], c[3:])) for c in self.meta["classes"]]

    def __call__(self, body: Body) -> str:
        row = self._row[item_text(body)]
        model = body["model"]
        if f"raw_{model}" in self.votes:
            return self.votes[f"raw_{model}"][row]
        vote = self.votes[f"lf_{self.meta['lf_names'].index(model):03d}"][row]
        return "" if vote < 0 else self.meta["classes"][vote][:1]


@dataclass
class DriftingModel:
    """GPT-3.5 or GPT-4 on primes: ``month`` says whether March's or June's answers are given."""

    model: str
    month: str = "03"

    def __post_init__(self) -> None:
        data = pd.read_parquet(SHARED / "llm_drift_chatgpt" / "answers.parquet")
        data = data[(data.task == "prime_full") & data.model.str.contains(f"/{self.model}-0")]
        self.gold = dict(zip(data["query"], data.ref_answer.str.lower(), strict=True))
        self.said = {
            (model[-4:-2], query): answer if parsed is None else f"[{str(parsed).capitalize()}]"
            for model, query, answer, parsed in zip(
                data.model,
                data["query"],
                data.answer,
                data.parsed.where(data.parsed.notna(), None),
                strict=True,
            )
        }

    def __call__(self, body: Body) -> str:
        return self.said[self.month, item_text(body)]
