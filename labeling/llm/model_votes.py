"""What the models said of a batch, as tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from labeling.llm.outcome import Outcome, Outcomes
from labeling.llm.prompts.content import Contents, Positions
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.providers.tally import Tally, total
from labeling.llm.voter import Voter

NOT_ASKED = "not asked: "
"""How the reason begins where the run stopped before an item; the next run asks it."""

VOTES = pa.schema(
    [
        ("item_id", pa.string()),
        ("voter", pa.string()),
        ("version", pa.string()),
        ("label", pa.string()),
        ("confidence", pa.float64()),
    ]
)
WORDS = pa.schema([("version", pa.string()), ("label", pa.string()), ("reason", pa.string())])
ABSTENTIONS = pa.schema([("item_id", pa.string()), ("voter", pa.string()), ("reason", pa.string())])


@dataclass(frozen=True, slots=True)
class ModelVotes:
    """What the models said of a batch.

    Attributes
    ----------
    votes : Table
        ``item_id, voter, version, label, confidence``; confidences as the model gave them, not
        calibrated, null where it gave none.
    abstentions : Table
        ``item_id, voter, reason``: every item that a voter was to vote on and did not.
    by_voter : mapping of str to Tally
        What each voter took.
    lost : int
        Requests that were in flight when an earlier run was killed; counted at their worst case.
    """

    votes: pa.Table
    abstentions: pa.Table
    by_voter: Mapping[str, Tally] = field(default_factory=dict[str, Tally])
    lost: int = 0

    def and_also(self, other: "ModelVotes") -> "ModelVotes":
        """Return these votes and those of other voters."""
        return ModelVotes(
            pa.concat_tables([self.votes, other.votes]),
            pa.concat_tables([self.abstentions, other.abstentions]),
            {**self.by_voter, **other.by_voter},
            self.lost + other.lost,
        )

    @property
    def summary(self) -> Tally:
        """All voters together."""
        return total(list(self.by_voter.values()))

    @property
    def partial(self) -> bool:
        """Whether items are still to be asked, or to be asked again; the next run goes on."""
        return any(tally.why or tally.again for tally in self.by_voter.values())


def tables(
    prompts: Iterable[Prompt],
    voters: Mapping[str, Voter],
    shown: Contents,
    asked: Mapping[str, Positions],
    answered: Mapping[str, Outcomes],
) -> tuple[pa.Table, pa.Table]:
    """Return votes and abstentions, a row for each item that a voter was to vote on."""
    votes, silent = [VOTES.empty_table()], [ABSTENTIONS.empty_table()]
    for prompt in prompts:
        voter, which, said = voters[prompt.name], asked[prompt.name], answered[prompt.name]
        counts = shown.counts(which)
        unknown = Outcome(None, reason=f"{NOT_ASKED}{voter.tally.why}")
        words = [(one.version, one.label, one.reason) for one in (unknown, *said.distinct)]
        table = pa.table(dict(zip(WORDS.names, zip(*words, strict=True), strict=True)), WORDS)
        told = table.take(np.repeat(said.codes[which] + 1, counts))
        confidences = pa.array(np.repeat(said.confidences[which], counts), from_pandas=True)
        every = (
            told.append_column("item_id", shown.ids_of(which)["item_id"].cast(pa.string()))
            .append_column("voter", pa.repeat(voter.name, told.num_rows))
            .append_column("confidence", confidences)
        )
        labelled = every["label"].is_valid()
        votes.append(every.filter(labelled).select(VOTES.names))
        silent.append(every.filter(every["label"].is_null()).select(ABSTENTIONS.names))
    return pa.concat_tables(votes), pa.concat_tables(silent)
