"""What the models said of a batch, as tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from labeling.llm.outcome import Outcome
from labeling.llm.prompts.content import Content
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
    asked: Mapping[str, list[Content]],
    answered: Mapping[str, Mapping[str, Outcome]],
    ids: list[str],
) -> tuple[pa.Table, pa.Table]:
    """Return votes and abstentions, a row for each item that a voter was to vote on."""
    votes: list[tuple[str, str, str, str, float | None]] = []
    silent: list[tuple[str, str, str]] = []
    for prompt in prompts:
        voter = voters[prompt.name]
        for content in asked[prompt.name]:
            outcome = answered[prompt.name].get(content.digest)
            for row in content.rows:
                if outcome is None:
                    silent.append((ids[row], voter.name, f"{NOT_ASKED}{voter.tally.why}"))
                elif outcome.label is None:
                    silent.append((ids[row], voter.name, outcome.reason))
                else:
                    votes.append(
                        (ids[row], voter.name, outcome.version, outcome.label, outcome.confidence)
                    )
    return _table(votes, VOTES), _table(silent, ABSTENTIONS)


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.Table.from_arrays(
        [pa.array(c, t) for c, t in zip(columns, schema.types, strict=True)], schema=schema
    )
