"""What reviewed items correct in all questions at once, and how classes go together."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

SD_SCALE = 0.5
"""Prior standard deviation of the log of the common scale."""

SD_OPINION = 0.3
"""Prior standard deviation of the weight of one opinion."""

SD_BIAS, SD_OWN_BIAS = 1.0, 0.7
"""Prior standard deviations of the bias of all questions, and of what is a question's own, in nats."""

SD_OWN_SCALE = 0.2
"""Prior standard deviation of what is a question's own in the scale."""

SD_OTHERS = 1.0
"""Prior standard deviation of what the other classes of an item count for."""

OTHERS = 2
"""What is told of the other classes of an item: the most probable one, and how many to expect."""

SD_PAIR = 0.5
"""Prior standard deviation of what one class counts for another."""

SUREST = 0.998
"""Probability beyond which an opinion counts no further."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What is said of items before gold has a say, a column a question.

    Parameters
    ----------
    base : float array of shape (n_items, n_questions)
        Log odds of yes.
    opinions : float array of shape (n_items, n_questions, n_opinions)
        Log odds by others.
    """

    base: NDArray[np.float64]
    opinions: NDArray[np.float64]

    def rows(self, at: NDArray[np.int64]) -> "Reading":
        """Return the same of some items."""
        return Reading(self.base[at], self.opinions[at])

    @property
    def chance(self) -> NDArray[np.float64]:
        """Probabilities of yes, shape (n_items, n_questions)."""
        return np.asarray(expit(self.base))


class Head:
    r"""Logistic regression over all questions, with the consensus as its offset.

    .. math::
        \text{logit}_{iq} = (e^t + s_q)\,\text{base}_{iq} + \sum_m w_m\,\text{opinion}_{iqm} + b + b_q
            + \sum_c a_c\,\text{others}_{iqc} + \sum_{r \ne q} p_{qr}\,(\pi_{ir} - \bar\pi_r)

    by penalised maximum likelihood. Scale, opinions and bias are those of all questions, so that few
    reviewed items teach them; what is a question's own is held close to 0. With nothing to learn
    from it is the consensus itself. The second line, only where ``together``, is how classes of
    an item go together: others are the most probable other class and the number of other classes
    to be expected, :math:`\pi` the probabilities by the base.

    Parameters
    ----------
    together : bool
        Whether to learn how classes go together.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.random((80, 2)) < 0.3
    >>> said = Reading(np.where(truth, 1.0, -1.0), np.zeros((80, 2, 1)))
    >>> head = Head().fit(said, truth, np.ones((80, 2)))
    >>> bool(head.chance(said)[truth].mean() > said.chance[truth].mean())
    True
    """

    _at: NDArray[np.float64]

    def __init__(self, *, together: bool = False) -> None:
        self.together = together

    def fit(self, said: Reading, yes: NDArray[np.bool_], weight: NDArray[np.float64]) -> Self:
        """Learn from reviewed items.

        Parameters
        ----------
        said : Reading
            Of the reviewed items.
        yes : bool array of shape (n_items, n_questions)
        weight : float array of shape (n_items, n_questions)
            Inverse inclusion probabilities, scaled to a mean of 1 over the reviews; 0 where a
            question was not reviewed.
        """
        weight = weight / max(float(weight[weight > 0].mean()), 1e-12) if weight.any() else weight
        self._mean = said.chance.mean(axis=0)
        parts = self._parts(said)
        spread = np.concatenate([np.full(part.size, sd) for part, sd in parts.blank()])

        def loss(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            odds = parts.odds(at)
            slope = weight * (expit(odds) - yes)
            fit = float(np.sum(weight * (np.logaddexp(0, odds) - odds * yes)))
            penalty = at / spread
            return fit + float(penalty @ penalty) / 2, parts.slopes(at, slope) + penalty / spread

        start = np.zeros(len(spread))
        self._at = np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)
        return self

    def chance(self, said: Reading) -> NDArray[np.float64]:
        """Return probabilities of yes, shape (n_items, n_questions)."""
        return np.asarray(expit(self._parts(said).odds(self._at)))

    def _parts(self, said: Reading) -> "_Parts":
        others = centred = None
        if self.together and said.base.shape[1] > 1:
            others, centred = _others(said.chance), said.chance - self._mean
        return _Parts(said.base, said.opinions, others, centred)


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What is multiplied by the parameters, which stand one after the other in one array."""

    base: NDArray[np.float64]
    opinions: NDArray[np.float64]
    others: NDArray[np.float64] | None
    centred: NDArray[np.float64] | None

    def blank(self) -> list[tuple[NDArray[np.float64], float]]:
        """Return the parameters, all 0, each with its prior standard deviation."""
        n_questions, n_opinions = self.opinions.shape[1:]
        found: list[tuple[NDArray[np.float64], float]] = [
            (np.zeros(1), SD_SCALE),
            (np.zeros(n_questions), SD_OWN_SCALE),
            (np.zeros(n_opinions), SD_OPINION),
            (np.zeros(1), SD_BIAS),
            (np.zeros(n_questions), SD_OWN_BIAS),
        ]
        if self.others is not None:
            found.append((np.zeros(OTHERS), SD_OTHERS))
            found.append((np.zeros(self.n_pairs), SD_PAIR))
        return found

    @property
    def n_pairs(self) -> int:
        return int(self.base.shape[1]) ** 2

    def split(self, at: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        ends = np.cumsum([part.size for part, _ in self.blank()])[:-1]
        return np.split(at, ends)

    def odds(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        scale, own_scale, weight, bias, own_bias, *together = self.split(at)
        odds = (np.exp(scale) + own_scale) * self.base + self.opinions @ weight + bias + own_bias
        if self.others is not None and self.centred is not None:
            odds += self.others @ together[0] + self.centred @ _no_own(together[1]).T
        return odds

    def slopes(self, at: NDArray[np.float64], slope: NDArray[np.float64]) -> NDArray[np.float64]:
        by_base = (slope * self.base).sum(axis=0)
        by_question = slope.sum(axis=0)
        found = [
            np.exp(at[:1]) * by_base.sum(),
            by_base,
            np.einsum("iq,iqm->m", slope, self.opinions),
            [by_question.sum()],
            by_question,
        ]
        if self.others is not None and self.centred is not None:
            found.append(np.einsum("iq,iqm->m", slope, self.others))
            found.append(_no_own((slope.T @ self.centred).ravel()).ravel())
        return np.concatenate(found)


def _no_own(pairs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the table of pairs, in which no class counts for itself."""
    n = round(len(pairs) ** 0.5)
    table = pairs.reshape(n, n).copy()
    np.fill_diagonal(table, 0.0)
    return table


def _others(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return of each question the most probable other class and the others expected, (n, k, 2)."""
    top = np.sort(chance, axis=1)[:, -2:]
    most = np.where(chance == top[:, 1:], top[:, :1], top[:, 1:])
    expected = chance.sum(axis=1, keepdims=True) - chance
    return np.stack([log_odds(most), expected], axis=2)


def log_odds(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log odds, none beyond those of :data:`SUREST`."""
    return np.asarray(logit(np.clip(chance, 1 - SUREST, SUREST)))
