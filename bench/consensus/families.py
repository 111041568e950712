"""Which recorded sets belong together: over one text, by one panel, or with rules of one hand."""

from collections.abc import Sequence

from bench.consensus.sets import VoteSet

COLLECTIONS = ("yuan-li/truth-inference-at-scale", "JerrryNie/DyGen")
"""Repositories that gather other people's sets: other tasks, other platforms, other rules. Their sets
stand alone unless said below; all sets of another repository are one family."""

TOGETHER = (
    ("crowd_zencrowd_all", "crowd_zencrowd_us"),  # the same items, and workers
    ("crowd_s4_relevance", "crowd_trec2010_relevance"),  # one campaign, graded and as yes or no
    ("spouse_cage", "wrench_spouse_test"),  # the rules of one tutorial over one corpus
    ("wrench_imdb", "api_frugalml_imdb"),  # reviews of one corpus
)
"""Sets of different repositories, or of a collection, that share texts or a panel.

Looked at and left apart: wrench_semeval (relations of 2010) and llm_css_semeval_stance (2016);
crowd_d_sentiment (messages) and crowd_sp_movie_polarity (sentences of film critics); the people of
the collection, whose numbers are given anew in each set.
"""


def families(sets: Sequence[VoteSet]) -> list[list[int]]:
    """Return positions in ``sets`` by family, each set in exactly one."""
    of = {
        one.name: one.name if one.source in COLLECTIONS else f"{one.kind}, {one.source}"
        for one in sets
    }
    for group in TOGETHER:
        known = [name for name in group if name in of]
        merged = {of[name] for name in known}
        of = {name: of[known[0]] if family in merged else family for name, family in of.items()}
    found: dict[str, list[int]] = {}
    for position, one in enumerate(sets):
        found.setdefault(of[one.name], []).append(position)
    return list(found.values())
