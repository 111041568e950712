"""How the simulated model decides what to answer: right, or wrong at a known rate."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labeling.errors import LabelingError
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from labeling.kinds.several.answer import written
from resources.models.simulated.spans import Draws, simulated_spans

CONFUSED = 0.7
"""Share of the errors that go to the class named in ``confusions``; the rest to any other."""


def text_digest(text: str) -> str:
    """Return what the simulated model knows a text by.

    Examples
    --------
    >>> text_digest("hello")
    '2cf24dba5fb0a30e'
    """
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def content_digest(text: str, picture: str = "") -> str:
    """Return what the simulated model knows an item by: its text, and its picture if it has one.

    Parameters
    ----------
    text : str
        As it is sent.
    picture : str
        Hash of the picture, see :attr:`labeling.llm.prompts.images.Picture.digest`; empty without one.

    Examples
    --------
    >>> content_digest("hello") == text_digest("hello"), content_digest("", "ab") == text_digest("")
    (True, False)
    """
    return text_digest(f"{text}\0{picture}" if picture else text)


@dataclass(frozen=True)
class Behaviour:
    """A model that errs at a known rate, and from some day on at another, without saying so.

    Parameters
    ----------
    truth : mapping of str to str
        Digest of what is shown (:func:`content_digest`) to its answer. Others are answered at random.
    classes : sequence of str
        All classes.
    error_rate : float or mapping of class to float
        Share of wrong answers, 0..1.
    confusions : mapping of str to str
        Which class a wrong answer mostly names.
    changes_at : str, optional
        The batch from which the model is another one under the same name.
    error_rate_after, confusions_after
        From then on; as before where not given.
    seed : int
        Same seed, same text and picture, same answer.
    kind : Kind
        What is asked.

    Notes
    -----
    Item ``i`` has its own chance of error ``e_i``, uniform between 0 and twice the rate, and the
    stated confidence is ``1 - e_i``: before the change the model is calibrated, after it is as sure
    as ever and wrong more often.
    """

    truth: Mapping[str, str]
    classes: Sequence[str]
    error_rate: float | Mapping[str, float] = 0.15
    confusions: Mapping[str, str] = field(default_factory=dict)
    changes_at: str | None = None
    error_rate_after: float | Mapping[str, float] | None = None
    confusions_after: Mapping[str, str] | None = None
    seed: int = 0
    kind: Kind = SINGLE

    def __post_init__(self) -> None:
        known = {name for label in self.truth.values() for name in self.kind.named(label)}
        named = {*known, *self.confusions, *self.confusions.values()}
        strangers = sorted(named - set(self.classes))
        if strangers:
            raise LabelingError(
                f"the simulated model is told of the class {strangers[0]!r}, which is not among "
                f"{', '.join(self.classes)}"
            )

    def answer(self, text: str, batch: str | None = None, picture: str = "") -> tuple[str, float]:
        """Return an answer and how sure the model says it is (0..1]."""
        changed = self.changes_at is not None and batch is not None and batch >= self.changes_at
        digest = content_digest(text, picture)
        truth = self.truth.get(digest)
        hardness, lapse, kind, other = self._draws(digest)
        if self.kind.marks_text:
            return self._spans(digest, truth, text, changed=changed)
        if truth is not None and truth.startswith("["):
            return self._set(digest, self.kind.named(truth), changed=changed)
        if truth is None:
            return self.classes[int(other * len(self.classes))], 1 / len(self.classes)
        claimed = min(1.0, 2 * _rate(self.error_rate, truth) * hardness)
        rates, confusions = self._now(changed=changed)
        error = min(1.0, 2 * _rate(rates, truth) * hardness)
        confidence = max(1 - claimed, 1 / len(self.classes))
        if lapse >= error:
            return truth, confidence
        wrong = [c for c in self.classes if c != truth]
        likely = confusions.get(truth)
        label = likely if likely and kind < CONFUSED else wrong[int(other * len(wrong))]
        return label, confidence

    def _set(self, digest: str, truth: Sequence[str], *, changed: bool) -> tuple[str, float]:
        """Return a list of classes: each of them is mistaken on its own, at its rate.

        A class that is taken for another is named as that one.
        """
        rates, confusions = self._now(changed=changed)
        said, sure = set[str](), 1.0
        for name in self.classes:
            hardness, lapse, kind, _ = self._draws(f"{digest}/{name}")
            claimed = min(1.0, 2 * _rate(self.error_rate, name) * hardness)
            sure *= 1 - claimed
            wrong = lapse < min(1.0, 2 * _rate(rates, name) * hardness)
            likely = confusions.get(name)
            if (name in truth) != wrong:
                said.add(name)
            elif wrong and likely and kind < CONFUSED:
                said.add(likely)
        return written(said), max(sure, 1 / 2 ** len(self.classes))

    def _spans(
        self, digest: str, truth: str | None, text: str, *, changed: bool
    ) -> tuple[str, float]:
        rates, confusions = self._now(changed=changed)

        def error(name: str, of: Draws) -> tuple[float, bool]:
            hardness, lapse = of[:2]
            claimed, now = (
                min(1.0, 2 * _rate(rate, name) * hardness) for rate in (self.error_rate, rates)
            )
            return claimed, lapse < now

        def draws(key: str) -> Draws:
            return self._draws(f"{digest}/{key}")

        return simulated_spans(truth, text, self.classes, draws, error, confusions.get)

    def _now(self, *, changed: bool) -> tuple[float | Mapping[str, float], Mapping[str, str]]:
        """Return rates and confusions, before the change or after."""
        if not changed:
            return self.error_rate, self.confusions
        rates, confusions = self.error_rate_after, self.confusions_after
        return (
            self.error_rate if rates is None else rates,
            self.confusions if confusions is None else confusions,
        )

    def _draws(self, digest: str) -> Draws:
        """Return four independent uniforms that depend on seed and item alone."""
        noise = hashlib.sha256(f"{self.seed}/{digest}".encode()).digest()
        first, second, third, fourth = (
            int.from_bytes(noise[8 * n : 8 * n + 8], "big") / 2**64 for n in range(4)
        )
        return first, second, third, fourth


def _rate(rate: float | Mapping[str, float], label: str) -> float:
    return rate.get(label, 0.0) if isinstance(rate, Mapping) else rate
