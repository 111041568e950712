"""One detector of falling accuracy, valid however often it is looked at.

A mixture e-Shiryaev-Roberts detector on reviews in the order they were drawn. The only chance it
relies on is our own draw: items may depend on each other, seasons may come and go, and looking
after every review costs nothing. A family of detectors is in :mod:`labeling.quality.family`.
"""

import json
import math
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.errors import QualityError
from labeling.quality.alarms.betting import BETS, accrue, accrue_within, mixture
from labeling.quality.estimates.audited import Within

DEFAULT_LIMIT = 2000.0
"""100 batches at a false-alarm probability of 5 %."""

BANK_SPEND = 0.3
"""Restart mass spent on a batch without a warning when a bank is kept; a warning spends it all."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one batch added.

    Parameters
    ----------
    batch : str
        The batch.
    log_evidence : float
        Natural log of the evidence after it, the highest reached within the batch.
    log_limit : float
        Natural log of the limit: an alarm from there on.
    fired : bool
        Whether this batch made the alarm go off.
    alarm : bool
        Whether the alarm stands, from this batch or an earlier one, until it is reset.
    fired_after : int or None
        Reviews of this batch after which it went off.
    change_batch : str or None
        Batch in which the errors most likely began to exceed the target, when the alarm stands.
    reviews : int
        Reviews of this batch.
    errors : int
        Errors among them.
    """

    batch: str
    log_evidence: float
    log_limit: float
    fired: bool
    alarm: bool
    fired_after: int | None
    change_batch: str | None
    reviews: int
    errors: int


@dataclass(frozen=True, slots=True)
class Detector:
    """State of one monitored series; a few floats, never changed in place.

    Under the hypothesis that in every batch the share of wrong labels is at most
    ``target_error``, the expected number of batches to a false alarm is at least ``limit``, and
    the probability of one within ``T`` batches is at most ``T / limit``.

    Parameters
    ----------
    target_error : float
        Share of wrong labels (0..1, exclusive) up to which all is well; 1 - promised accuracy.
    limit : float
        Evidence that raises the alarm: batches in the budget period / false-alarm probability.
    batches, reviews : int
        How many were seen since the start or the last reset.
    log_mass : tuple of float
        Log evidence of each bet.
    run, run_start : tuples
        Best log gain of each bet over a recent run of batches, and the batch it started in.
    bank : float
        Restart mass not yet spent (used when warnings are passed).
    last_batch, fired_batch : str or None
        The batch seen last, and the one whose alarm stands.

    Notes
    -----
    e-detectors: Shin, Ramdas & Rinaldo (2022), arXiv 2203.03532; weighted draws without
    replacement: Shekhar et al. (2023), arXiv 2305.06884.

    Examples
    --------
    >>> detector = Detector(target_error=0.08)
    >>> detector, evidence = detector.update("2026-01", [1, 1, 1, 1, 1, 1, 0, 1], population=100)
    >>> evidence.alarm, evidence.fired_after, evidence.change_batch
    (True, 5, '2026-01')
    """

    target_error: float
    limit: float = DEFAULT_LIMIT
    batches: int = 0
    reviews: int = 0
    log_mass: tuple[float, ...] = (-math.inf,) * len(BETS)
    run: tuple[float, ...] = (0.0,) * len(BETS)
    run_start: tuple[str | None, ...] = (None,) * len(BETS)
    bank: float = 0.0
    last_batch: str | None = None
    fired_batch: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.target_error < 1:
            raise QualityError(
                f"the target error lies strictly between 0 and 1, got {self.target_error}; give "
                f"the accuracy you promise, below 1"
            )
        if not self.limit > 1:
            raise QualityError(f"the limit of the evidence is above 1, got {self.limit}")

    def update(
        self,
        batch: str,
        errors: ArrayLike,
        population: int,
        draw_probability: ArrayLike | None = None,
        *,
        warned: bool | None = None,
        finite: bool = True,
        within: Within | None = None,
    ) -> tuple["Detector", Evidence]:
        """Take in one batch's reviews and return the new state and what they say.

        Parameters
        ----------
        batch : str
            Name of the batch. Any order of batches is valid; the same one twice in a row is not.
        errors : 0/1 array of shape (n_reviews,)
            Whether the label was wrong, in DRAW order. A drawn item nobody could judge counts as
            0: that keeps the false-alarm bound. An empty batch changes nothing.
        population : int
            Items of the batch the sample was drawn from, at least ``n_reviews``.
        draw_probability : float array of shape (n_reviews,), optional
            Probability (0, 1] of each draw given those before; uniform without it.
        warned : bool, optional
            Whether an early warning stands. Given, restart mass is banked and spent mostly on
            warnings, which finds warned drops sooner under the same bound.
        finite : bool
            As in :func:`labeling.quality.alarms.betting.accrue`: False for series of few items a batch.
        within : Within, optional
            Which of the reviews are of what is watched, where nothing but reviews tells; all without.
            ``finite`` means nothing then.

        Raises
        ------
        QualityError
            If errors are not 0/1, more than the population, or a probability is outside (0, 1].
        """
        wrong = np.asarray(errors, dtype=np.float64).ravel()
        q = self._checked_probabilities(batch, wrong, population, draw_probability)
        limit = math.log(self.limit)
        if not len(wrong):
            quiet = self.fired_batch is not None
            highest = mixture(np.array(self.log_mass))
            evidence = Evidence(
                batch, float(highest), limit, False, quiet, None, self.change_batch, 0, 0
            )
            return replace(self, last_batch=batch), evidence
        bank = self.bank + 1.0
        mass = 1.0 if warned is None else bank if warned else min(bank, BANK_SPEND)
        before = np.array(self.log_mass)
        if within is None:
            path, gain = accrue(
                before[None],
                wrong[None],
                q[None],
                np.array([population]),
                self.target_error,
                mass,
                finite=finite,
            )
        else:
            told = (within.inside, q * population, within.most, self.target_error, mass)
            path, gain = (one[None] for one in accrue_within(before, wrong, *told))
        crossed = path[0] >= limit
        fired = bool(crossed.any()) and self.fired_batch is None
        run, start = np.array(self.run), list(self.run_start)
        for bet in range(len(BETS)):
            if run[bet] <= 0 or start[bet] is None:
                run[bet], start[bet] = 0.0, batch
        run = run + gain[0]
        after = replace(
            self,
            batches=self.batches + 1,
            reviews=self.reviews + len(wrong),
            log_mass=tuple(
                (np.logaddexp(np.array(self.log_mass), math.log(mass)) + gain[0]).tolist()
            ),
            run=tuple(run.tolist()),
            run_start=tuple(start),
            bank=0.0 if warned is None else bank - mass,
            last_batch=batch,
            fired_batch=batch if fired else self.fired_batch,
        )
        stands = after.fired_batch is not None
        return after, Evidence(
            batch,
            float(path[0].max()),
            limit,
            fired,
            stands,
            int(np.argmax(crossed)) + 1 if fired else None,
            after.change_batch,
            len(wrong),
            int(wrong.sum()),
        )

    @property
    def change_batch(self) -> str | None:
        """Batch in which the excess of errors most likely began; None while no alarm stands."""
        return None if self.fired_batch is None else self.run_start[int(np.argmax(self.run))]

    def _checked_probabilities(
        self,
        batch: str,
        wrong: NDArray[np.float64],
        population: int,
        draw_probability: ArrayLike | None,
    ) -> NDArray[np.float64]:
        if batch == self.last_batch:
            raise QualityError(f"batch {batch!r} was taken in already; replay from its start")
        if not np.isin(wrong, (0.0, 1.0)).all():
            raise QualityError(f"errors of batch {batch!r} are 0 or 1, got {wrong.tolist()[:5]} …")
        if len(wrong) > population:
            raise QualityError(
                f"batch {batch!r} has {len(wrong)} reviews of {population} items; an item is "
                f"reviewed once, so settle repeated reviews first"
            )
        if draw_probability is None:
            return 1.0 / (population - np.arange(len(wrong)))
        q = np.asarray(draw_probability, dtype=np.float64).ravel()
        if len(q) != len(wrong) or not bool(((q > 0) & (q <= 1)).all()):
            raise QualityError(
                f"batch {batch!r} needs one draw probability in (0, 1] for each of its "
                f"{len(wrong)} reviews"
            )
        return q

    def to_json(self) -> str:
        """Write the state as one line of JSON; :meth:`from_json` reads it back exactly."""
        fields = asdict(self)
        fields["log_mass"] = [None if math.isinf(m) else m for m in self.log_mass]
        return json.dumps(fields)

    @classmethod
    def from_json(cls, text: str) -> "Detector":
        """Read a state written by :meth:`to_json`."""
        fields = json.loads(text)
        fields["log_mass"] = [-math.inf if m is None else m for m in fields["log_mass"]]
        for name in ("log_mass", "run", "run_start"):
            fields[name] = tuple(fields[name])
        return cls(**fields)
