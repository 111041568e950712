import numpy as np

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import compress
from labeling.consensus.models.ibcc import IBCC
from labeling.consensus.several.pooled import PooledSkills
from labeling.votes import Votes
from tests.labeling.consensus.several.simulated import several


def by_question(votes, units, k):
    events = Events.of(votes)
    return [compress(votes.of(units.question == q), events)[0] for q in range(k)], events


def test_a_single_question_is_ibcc_with_an_estimated_balance():
    votes, units, _ = several(questions=1)
    (patterns,), events = by_question(votes, units, 1)
    pooled = PooledSkills().fit([patterns], events)
    alone = IBCC(2, estimate_balance=True).fit(votes)
    assert np.allclose(pooled.evidence_[0], alone.evidence_, atol=0.02)
    assert np.allclose(pooled.balance_[0], alone.class_balance_[1], atol=0.01)


def test_a_voter_that_is_silent_in_one_class_borrows_from_its_others():
    votes, units, _ = several(300, 3, 10, 6, right=(0.55, 0.95))
    who = np.argsort([np.mean(votes.voter == j) for j in range(10)])[0]
    kept = ~((votes.voter == who) & (units.question[votes.item] == 2))
    part = Votes(
        votes.item[kept], votes.voter[kept], votes.label[kept], votes.n_items, votes.n_voters, 2
    )
    skills = PooledSkills().fit(*by_question(part, units, 3))
    told = skills.evidence_[:, 2 * who + 1, 1] - skills.evidence_[:, 2 * who + 1, 0]
    stranger = np.log(4) - np.log(1)
    assert abs(told[2] - told[:2].mean()) < abs(stranger - told[:2].mean())


def test_a_known_share_is_kept():
    votes, units, _ = several(questions=2)
    skills = PooledSkills(np.array([0.1, 0.4])).fit(*by_question(votes, units, 2))
    assert skills.balance_.tolist() == [0.1, 0.4]


def test_a_question_that_is_lost_is_told():
    matrix = np.zeros((200, 6), dtype=int)
    matrix[:40, 0] = matrix[40:80, 1] = matrix[80:120, 2] = 1
    votes = Votes.from_matrix(matrix, 2)
    skills = PooledSkills().fit([compress(votes, Events.of(votes))[0]], Events.of(votes))
    assert skills.collapsed_.tolist() == [True]
