"""What a round of the canary says of a voter: the paired comparison with its reference."""

from collections.abc import Mapping
from dataclasses import dataclass

from labeling.counted import counted
from labeling.llm.canary.mcnemar import mcnemar_e_value, threshold
from labeling.llm.canary.rounds import Answers

LEAST_ITEMS = 20
"""Fewer pairs could not raise an alarm on the first look."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a round of the canary says of one voter.

    Attributes
    ----------
    voter, version : str
        Who was asked.
    n_items : int
        Items answered in this round and in the reference, and shown alike in both.
    accuracy, accuracy_before : float
        Share of right answers (0..1), an abstention counting as wrong; before is NaN in round 1.
    flips : int
        Items answered differently than in the first round.
    e_value, threshold : float
        Evidence that the model changed, and what it takes.
    changed : bool
        The answers prove that the model changed.
    fingerprint_changed : bool
        The provider names a model id or fingerprint that it did not name in the round before.
    look : int
        How many comparisons there have been, this one included; 0 in the reference.
    asked_at : float
        When the round was first recorded, in seconds since 1970.
    unanswered, edited : int
        Items left out: those the provider failed on, and those that read otherwise than in the
        reference.
    """

    voter: str
    version: str
    n_items: int
    accuracy: float
    accuracy_before: float
    flips: int
    e_value: float
    threshold: float
    changed: bool
    fingerprint_changed: bool
    look: int
    asked_at: float = 0.0
    unanswered: int = 0
    edited: int = 0

    @property
    def blind(self) -> str:
        """Why no change could be proven: too few items are as they were; empty where enough are."""
        if self.look == 0 or self.n_items >= LEAST_ITEMS:
            return ""
        return (
            f"only {counted(self.n_items, 'item')} can be compared with the reference, and it takes "
            f"{LEAST_ITEMS}; take a new reference: touchstone canary --accept {self.voter}"
        )

    @property
    def verdict(self) -> str:
        """One sentence for people."""
        return f"{self.voter}: {self._outcome()}{self._left_out()}"

    def _outcome(self) -> str:
        if self.blind:
            return self.blind
        if self.changed:
            return (
                f"the model changed: accuracy on the canary went from {self.accuracy_before:.1%} "
                f"to {self.accuracy:.1%}, {self.flips} of {self.n_items} answers differ "
                f"(evidence {self.e_value:.3g}, needed {self.threshold:.3g})"
            )
        if self.fingerprint_changed:
            return (
                "the provider names another model or fingerprint than before; "
                f"the answers do not prove a change ({self.flips} of {self.n_items} differ)"
            )
        if self.look == 0:
            return "this round is the reference"
        return f"no change ({self.flips} of {self.n_items} answers differ)"

    def _left_out(self) -> str:
        told = ""
        if self.unanswered:
            told += f"; {counted(self.unanswered, 'item was not answered and is', 'items were not answered and are')} left out"
        if self.edited:
            told += f"; {counted(self.edited, 'item reads otherwise than then and is', 'items read otherwise than then and are')} left out"
        return told


@dataclass(frozen=True, slots=True)
class Rounds:
    """What is compared: the reference, its second asking if there is one, the round before, now."""

    first: Answers
    again: Answers | None
    before: Answers
    now: Answers


def compare(
    voter: str,
    version: str,
    rounds: Rounds,
    look: int,
    gold: Mapping[str, str],
    alpha: float,
    asked_at: float = 0.0,
) -> Finding:
    """Compare a round with its reference, pair by pair.

    Parameters
    ----------
    voter, version : str
        Who was asked.
    rounds : Rounds
        In the reference itself, the round before and this one are the reference too.
    look : int
        How many rounds there were since the reference; 0 in the reference.
    gold : mapping of str to str
        Item to its class as it is known today; both rounds are judged by it, so gold that a later
        review corrects changes no evidence that a model changed.
    alpha : float
        Chance of any false alarm of this voter, ever.
    asked_at : float
        When this round was first recorded.

    Notes
    -----
    The first part of the evidence is McNemar's test of right against wrong. The second is the same
    test of "differs from the reference" in this round against in the second asking: a model that
    wavers differs from itself too, only differing more often is a change. Their mean is an e-value
    again.
    """
    first, second, before, now = rounds.first, rounds.again, rounds.before, rounds.now
    answered = [item for item in gold if item in now.label]
    shared = sorted(item for item in answered if item in first.label)
    items = [i for i in shared if _same_content(i, first, now)]
    was = {i: first.label[i] == gold[i] for i in items}
    is_ = {i: now.label[i] == gold[i] for i in items}
    evidence = mcnemar_e_value(
        sum(was[i] and not is_[i] for i in items), sum(is_[i] and not was[i] for i in items)
    )
    if look and second is not None:
        both = [i for i in items if i in second.label and _same_content(i, first, second)]
        moved = {i for i in both if now.label[i] != first.label[i]}
        wavered = {i for i in both if second.label[i] != first.label[i]}
        evidence = (evidence + mcnemar_e_value(len(moved - wavered), len(wavered - moved))) / 2
    needed = threshold(max(look, 1), alpha)
    n = max(1, len(items))
    names = set(now.fingerprint.values()) - set(before.fingerprint.values())
    return Finding(
        voter=voter,
        version=version,
        n_items=len(items),
        accuracy=sum(is_.values()) / n,
        accuracy_before=sum(was.values()) / n if look else float("nan"),
        flips=sum(now.label[i] != first.label[i] for i in items),
        e_value=evidence,
        threshold=needed,
        changed=look > 0 and len(items) >= LEAST_ITEMS and evidence >= needed,
        fingerprint_changed=look > 0 and bool(names - {"", "/"}),
        look=look,
        asked_at=asked_at,
        unanswered=len(gold) - len(answered),
        edited=len(shared) - len(items),
    )


def _same_content(item: str, one: Answers, other: Answers) -> bool:
    return one.content.get(item, "") == other.content.get(item, "")


def diagnose(model_changed: bool, accuracy_fell: bool) -> str:
    """Tell what moved, from the canary and from the accuracy alarm on reviewed items.

    Examples
    --------
    >>> diagnose(model_changed=False, accuracy_fell=True)
    'the data changed: accuracy fell while the models answer the canary as before'
    """
    if model_changed and accuracy_fell:
        return "the model changed, and accuracy fell with it"
    if model_changed:
        return "the model changed; accuracy on reviewed items has not fallen so far"
    if accuracy_fell:
        return "the data changed: accuracy fell while the models answer the canary as before"
    return "neither the model nor the data has changed"
