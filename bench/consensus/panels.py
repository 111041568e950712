"""A simulator of panels: rules, people, models and mixtures of them, drawn from wide priors.

Items are points around the prototype of their class. A voter is a noisy linear reading of the
point: how well it knows the prototypes is its skill, what it adds to every class is its bias, and
what it reads into the points besides is shared by all voters, by its siblings, or its own. So some
items are hard for everybody, siblings err together, and errors have a direction, as in real panels.
Rules read one prototype and speak where they are sure enough.

What is drawn wide here is not known of a new panel: number of classes, items and voters, class
shares up to 98:2, skill, junk, spammers, siblings, how sharp rare rules are, whether silence means
something, and now and then a panel that votes against the truth.
"""

from dataclasses import dataclass

import numpy as np

from labeling.votes import ABSTAIN, Votes

FAMILIES = ("rules", "people", "models", "siblings", "mixture", "hostile")
"""What a panel may be; ``siblings``: a few models, many prompts each; ``hostile``: against the truth."""

SHARES = (0.3, 0.3, 0.22, 0.08, 0.08, 0.02)
"""How often each is drawn."""

CLASSES = {
    2: 0.45,
    3: 0.13,
    4: 0.12,
    5: 0.08,
    6: 0.06,
    7: 0.05,
    8: 0.04,
    10: 0.04,
    14: 0.02,
    20: 0.01,
}


@dataclass(frozen=True)
class Panel:
    """A simulated panel: its family, its votes (-1: silent) and the truth."""

    family: str
    n_classes: int
    matrix: np.ndarray
    truth: np.ndarray

    @property
    def votes(self) -> Votes:
        """The votes, as the label model takes them."""
        return Votes.from_matrix(self.matrix, self.n_classes)


@dataclass(frozen=True)
class World:
    """Items as points (n, d) around the prototypes (K, d) of their classes, ``apart`` from each other."""

    truth: np.ndarray
    points: np.ndarray
    prototypes: np.ndarray
    apart: float

    @property
    def shape(self) -> tuple[int, int]:
        """Classes and dimensions."""
        return self.prototypes.shape


def draw(seed: int, family: str | None = None) -> Panel:
    """Draw a panel; the same seed gives the same one."""
    rng = np.random.default_rng(seed)
    family = family or str(rng.choice(FAMILIES, p=SHARES))
    n_classes = int(rng.choice(list(CLASSES), p=list(CLASSES.values())))
    most = 15_000 if family == "rules" else 4_000
    n_items = int(_log_uniform(rng, 100, most))
    world = _world(rng, n_items, n_classes, _shares(rng, n_classes))
    if family == "rules":
        matrix = _rules(rng, world)
    elif family == "people":
        matrix = _people(rng, world)
    elif family == "mixture":
        skill = rng.beta(2, 1.5, int(rng.integers(1, 5))) * rng.uniform(0.4, 1.1)
        models = _readers(rng, world, skill, rng.uniform(0.05, 0.8), np.arange(len(skill)))
        matrix = np.hstack([_rules(rng, world), models])
    else:
        matrix = _models(rng, world, family)
    return Panel(family, n_classes, matrix[:, (matrix >= 0).any(axis=0)], world.truth)


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _shares(rng: np.random.Generator, n_classes: int) -> np.ndarray:
    """Class shares: equal, nearly so, uneven, or one class with up to 98 %."""
    kind = rng.choice(4, p=(0.42, 0.24, 0.18, 0.16))
    if kind == 0:
        return np.full(n_classes, 1 / n_classes)
    if kind < 3:
        share = rng.dirichlet(np.full(n_classes, 5.0 if kind == 1 else 1.2))
    else:
        most, common = rng.uniform(0.6, 0.98), rng.integers(n_classes)
        share = rng.dirichlet(np.full(n_classes, 2.0))
        share[common] = 0
        share *= (1 - most) / share.sum()
        share[common] = most
    share = np.maximum(share, 0.01 if n_classes > 3 else 0.02)
    return share / share.sum()


def _world(rng: np.random.Generator, n: int, n_classes: int, share: np.ndarray) -> World:
    d = int(rng.integers(max(2, min(n_classes, 6)), 13))
    prototypes = rng.normal(size=(n_classes, d))
    prototypes /= np.linalg.norm(prototypes, axis=1, keepdims=True)
    truth = rng.choice(n_classes, n, p=share)
    apart = rng.uniform(1.8, 6.0)
    of_item = np.exp(rng.normal(0, rng.uniform(0, 0.6), n))
    of_class = np.exp(rng.normal(0, rng.choice([0, 0.4]), n_classes))
    spread = (of_item * of_class[truth])[:, None]
    points = apart * prototypes[truth] + spread * rng.normal(size=(n, d))
    return World(truth, points, prototypes, apart)


def _readers(
    rng: np.random.Generator,
    world: World,
    skill: np.ndarray,
    bias: np.ndarray | float,
    clan: np.ndarray,
    *,
    quirk: float | None = None,
    noise: np.ndarray | None = None,
    common: float = 0.0,
    own: float = 0.5,
) -> np.ndarray:
    """Return what voters say that always answer, shape (n, m).

    ``quirk``: what a clan of siblings reads into points; ``common``: what everybody does; ``own``:
    how far siblings differ; ``noise``: of the single answer; ``bias``: towards some classes.
    """
    k, d = world.shape
    m = len(skill)
    quirk = rng.uniform(0, 0.7) if quirk is None else quirk
    noise = np.full(m, rng.uniform(0.2, 1.5)) if noise is None else noise
    bias = np.broadcast_to(np.asarray(bias, dtype=float), (m,))
    shared = common * rng.normal(size=(k, d)) / np.sqrt(d)
    of_clan = quirk * rng.normal(size=(int(clan.max()) + 1, k, d)) / np.sqrt(d)
    clan_bias = rng.normal(size=(len(of_clan), k))
    panel_bias = rng.normal(size=k) * rng.choice([0, 0, 0.5, 1.5]) * world.apart / 4
    said = np.empty((len(world.truth), m), dtype=np.int16)
    for j in range(m):
        alone = own * quirk * rng.normal(size=(k, d)) / np.sqrt(d)
        weights = world.prototypes * skill[j] + shared + of_clan[clan[j]] + alone
        lean = (clan_bias[clan[j]] + 2 * own * rng.normal(size=k)) * bias[j] * world.apart * 0.7
        score = world.points @ weights.T + panel_bias + lean
        said[:, j] = (score + rng.gumbel(size=score.shape) * noise[j]).argmax(axis=1)
    return said


def _models(rng: np.random.Generator, world: World, family: str) -> np.ndarray:
    m = int(rng.integers(20, 50)) if rng.random() < 0.12 else int(_log_uniform(rng, 3, 20))
    n_clans, own = int(rng.integers(1, m + 1)), 0.5
    if family == "siblings":
        n_clans, own = int(rng.integers(2, 8)), rng.uniform(0.05, 0.4)
        m = int(np.clip(n_clans * rng.integers(2, 10), 4, 60))
    clan = rng.integers(n_clans, size=m)
    useless = rng.random(m) < rng.uniform(0, 0.5) * rng.choice([0.3, 1.0])
    skill = np.where(
        useless, rng.uniform(-0.1, 0.25, m), rng.beta(2, 1.5, m) * rng.uniform(0.4, 1.1)
    )
    if family == "siblings":
        skill = np.resize(skill, n_clans)[clan] + rng.normal(0, 0.15 * own, m)
    if family == "hostile":
        skill = -np.abs(skill) * rng.uniform(0, 0.5)
    said = _readers(
        rng,
        world,
        skill,
        rng.uniform(0.05, 1.2) * np.where(useless, 2.0, 1.0),
        clan,
        quirk=rng.uniform(0, 0.9),
        noise=rng.uniform(0.2, 1.5) * np.sqrt(2 * own) * np.exp(rng.normal(0, 0.3, m)),
        common=rng.choice([0, 0.3, 0.7]) * rng.random(),
        own=own,
    )
    unread = rng.choice([0, 0, 0.02, 0.15]) * rng.random(m)
    said[rng.random(said.shape) < unread] = ABSTAIN
    return said


def _people(rng: np.random.Generator, world: World) -> np.ndarray:
    n = len(world.truth)
    per_item = _log_uniform(rng, 2, 20)
    m = int(np.clip(_log_uniform(rng, 10, 400), per_item + 1, 800))
    spammer = rng.random(m) < rng.choice([0, 0.1, 0.3]) * rng.random()
    skill = rng.beta(rng.uniform(2, 8), 2, m) * rng.uniform(0.4, 1.1)
    skill = np.where(spammer, rng.uniform(-0.1, 0.15, m), skill)
    skill = np.where(rng.random(m) < rng.choice([0, 0, 0.03]), -0.6 * skill, skill)
    said = _readers(
        rng,
        world,
        skill,
        rng.uniform(0, 0.6),
        np.arange(m) % int(rng.integers(1, min(m, 8) + 1)),
        quirk=rng.uniform(0, 0.4),
        noise=rng.uniform(0.2, 2.0) * np.exp(rng.normal(0, 0.4, m)),
        common=rng.choice([0, 0.3, 0.8]) * rng.random(),
    )
    always_one = spammer & (rng.random(m) < 0.4)
    said[:, always_one] = rng.integers(world.shape[0], size=always_one.sum())
    if rng.random() < 0.1:
        return said[:, :40]
    eager = rng.pareto(rng.uniform(0.8, 3), m) + 0.05
    order = np.argsort(-(np.log(eager) + rng.gumbel(size=(n, m))), axis=1)
    asked = np.zeros((n, m), dtype=bool)
    asked[np.arange(n)[:, None], order[:, : max(2, round(per_item))]] = True
    if rng.random() < 0.5:
        asked &= rng.random((n, m)) < 0.9
    said[~asked] = ABSTAIN
    return said


def _rules(rng: np.random.Generator, world: World) -> np.ndarray:
    n, (k, d) = len(world.truth), world.shape
    m = int(_log_uniform(rng, 4, 120))
    prior = np.bincount(world.truth, minlength=k) / n
    written_for = 0.6 * rng.dirichlet(np.full(k, rng.choice([0.7, 3.0]))) + 0.4 * prior
    speaks = np.exp(rng.normal(0, 1.0, m))
    speaks = np.minimum(speaks / speaks.sum() * _log_uniform(rng, 0.15, 2.2), 0.9)
    rare_is_sharp = rng.choice([0, 0.25, 0.5])
    sharper = np.clip((np.median(speaks) / speaks) ** rare_is_sharp, 0.3, 3.0)
    quality, junk = rng.uniform(1.0, 3.0), rng.uniform(0, 0.45)
    n_clans = max(1, int(m * rng.uniform(0.3, 1.0)))
    clan = rng.integers(n_clans, size=m)
    label, luck = rng.choice(k, n_clans, p=written_for), rng.random(n_clans)
    aside = rng.normal(size=(n_clans, d)) / np.sqrt(d)
    clan_noise, alike = rng.normal(size=(n, n_clans)), rng.uniform(0.3, 0.95)
    one_class = rng.choice([1.0, 0.9, 0.5], p=[0.6, 0.25, 0.15])
    always = rng.choice([0, 0, 0.1])
    unit = 1.6 / world.apart
    matrix = np.full((n, m), ABSTAIN, dtype=np.int16)
    for j in range(m):
        of = clan[j]
        knows = 0.0 if luck[of] < 0.6 * junk else quality * rng.uniform(0.4, 1.4) * sharper[j]
        if rng.random() < one_class:
            noise = alike * clan_noise[:, of] + np.sqrt(1 - alike**2) * rng.normal(size=n)
            seen = knows * (world.points @ world.prototypes[label[of]]) * unit
            score = seen + 0.8 * (world.points @ aside[of]) + 1.2 * noise
            matrix[score > np.quantile(score, 1 - speaks[j]), j] = label[of]
            continue
        some = rng.choice(k, int(rng.integers(2, min(k, 4) + 1)), replace=False)
        score = knows * (world.points @ world.prototypes[some].T) * unit
        score += 1.2 * rng.normal(size=score.shape) + 0.6 * rng.normal(size=len(some))
        sure = score.max(axis=1)
        least = (
            -np.inf if rng.random() < always else np.quantile(sure, 1 - min(1.5 * speaks[j], 0.95))
        )
        on = sure > least
        matrix[on, j] = some[score.argmax(axis=1)][on]
    return matrix
