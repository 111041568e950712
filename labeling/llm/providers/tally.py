"""What asking one voter took: counted while it runs, summed up at the end."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from labeling.llm.providers.transport import Fault, Usage


@dataclass(slots=True)
class Tally:
    """Counts of one voter in one run; all zero before it starts.

    Attributes
    ----------
    calls : int
        Requests sent, each attempt and each probe counted.
    cached : int
        Answers taken from the ledger instead.
    repairs, parse_failures, refusals, filtered, failed : int
        Repair questions asked; answers that named no class to the end; refusals; answers held
        back by a content filter; items given up after the last attempt.
    prompt_tokens, completion_tokens : int
        As the provider counted them.
    cost_usd, exposure_usd : float
        Paid; and what the provider may ask for though no answer came, at worst.
    faults : Counter
        What came back instead of an answer.
    latencies_s : list of float
        Of the answers, in seconds.
    spared, saved_usd : int, float
        Items that the cascade did not ask, and about what that saved.
    pending : int
        Items without an answer because the run stopped, or because answers are still to come.
    waiting : int
        Those of them that a provider's batch is to answer.
    waits_for : set of str
        The provider's names of those batches.
    why : str
        Why it stopped, or that answers are still to come; else empty.
    again : Counter
        Items without an answer that the next run asks about again, by the reason.
    in_vain : Counter
        Items without an answer that nobody asks about again, by the reason.
    notes : list of str
        What a person should know: fallbacks used, confidences that are missing.
    advice : list of str
        What a person should do about the model or its prompt.
    """

    calls: int = 0
    cached: int = 0
    repairs: int = 0
    parse_failures: int = 0
    refusals: int = 0
    filtered: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    exposure_usd: float = 0.0
    faults: Counter[Fault] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)
    spared: int = 0
    saved_usd: float = 0.0
    pending: int = 0
    waiting: int = 0
    waits_for: set[str] = field(default_factory=set[str])
    why: str = ""
    again: Counter[str] = field(default_factory=Counter)
    in_vain: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)

    def advise(self, told: str) -> None:
        """Note what a person should do, once."""
        if told not in self.advice:
            self.advice.append(told)

    def answered(self, usage: Usage, cost_usd: float, latency_s: float) -> None:
        """Count one answer that was paid for."""
        self.prompt_tokens += usage.prompt
        self.completion_tokens += usage.completion
        self.cost_usd += cost_usd
        self.latencies_s.append(latency_s)

    def took_too(self, other: "Tally") -> None:
        """Count what asking about other items than the batch's took, as part of it."""
        self.calls += other.calls
        self.cached += other.cached
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens
        self.cost_usd += other.cost_usd
        self.exposure_usd += other.exposure_usd
        self.latencies_s += other.latencies_s

    def latency_s(self, share: float) -> float | None:
        """Return the latency that ``share`` (0..1) of the answers stayed within, in seconds."""
        return float(np.quantile(self.latencies_s, share)) if self.latencies_s else None


def total(tallies: list[Tally]) -> Tally:
    """Add up several voters.

    Examples
    --------
    >>> total([Tally(calls=2, cost_usd=0.5), Tally(calls=1, why="budget")]).calls
    3
    """
    whole = Tally()
    for tally in tallies:
        whole.calls += tally.calls
        whole.cached += tally.cached
        whole.repairs += tally.repairs
        whole.parse_failures += tally.parse_failures
        whole.refusals += tally.refusals
        whole.filtered += tally.filtered
        whole.failed += tally.failed
        whole.prompt_tokens += tally.prompt_tokens
        whole.completion_tokens += tally.completion_tokens
        whole.cost_usd += tally.cost_usd
        whole.exposure_usd += tally.exposure_usd
        whole.faults += tally.faults
        whole.latencies_s += tally.latencies_s
        whole.spared += tally.spared
        whole.saved_usd += tally.saved_usd
        whole.pending += tally.pending
        whole.waiting += tally.waiting
        whole.waits_for |= tally.waits_for
        whole.why = whole.why or tally.why
        whole.again += tally.again
        whole.in_vain += tally.in_vain
        whole.notes += [note for note in tally.notes if note not in whole.notes]
        for told in tally.advice:
            whole.advise(told)
    return whole
