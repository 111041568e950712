"""What a threshold means, in words."""

from collections.abc import Collection

from scipy.stats import binom

from labeling.cascades.promise import Promise, least_gold
from labeling.cascades.threshold import Threshold, walked
from labeling.counted import counted


def in_words(
    found: Threshold,
    promise: Promise,
    n_items: int,
    cheap: str,
    labels: Collection[str],
    since: str = "of earlier batches",
    most: int | None = None,
) -> str:
    """Say where the dear model is asked, and what is proven or missing.

    Parameters
    ----------
    found : Threshold
    promise : Promise
    n_items : int
        Items of the batch.
    cheap : str
        Who answers first, in words.
    labels : collection of str
        Classes that gold items have.
    since : str
        Which batches gold is of.
    most : int, optional
        Gold items that count at most.

    Examples
    --------
    >>> none = Threshold("everywhere", 0.0, 0.0, False, 0, 0, 1, 0, 0)
    >>> print(in_words(none, Promise(0.9, 0.1), 2000, "llm/small", []))
    asked everywhere: no audited item of earlier batches is reviewed, and it takes 23 at least to prove 90 %
    """
    target = f"{100 * promise.target:.4g} %"
    if found.proven:
        where = {
            "nowhere": f"asked where {cheap} is silent, and nowhere else",
            "below": f"asked where {cheap} is less sure than {found.score:.3g}, or silent",
        }[found.asks]
        return (
            f"{where}; {found.right} of {found.n_gold} audited items come out as people said, and {found.needed} prove"
            f" {target}, missed in at most {100 * promise.risk:.4g} % of batches"
        )
    least = least_gold(n_items, walked(promise))
    if most is not None and least > most:
        return (
            f"asked everywhere: it takes {least:,} audited items at least to prove {target}, and the newest {most:,}"
            " count; lower `guarantee`, or allow a greater `risk`"
        )
    if found.n_gold == 0:
        return (
            f"asked everywhere: no audited item {since} is reviewed, and it takes {least} at least"
            f" to prove {target}"
        )
    if len(labels) == 1:
        return (
            f"asked everywhere: all {counted(found.n_gold, 'audited item')} are {next(iter(labels))}, which proves"
            " nothing of the other classes; review audits until they show another"
        )
    if found.n_gold < least:
        return (
            f"asked everywhere: {counted(found.n_gold, 'audited item')} {since} cannot prove {target};"
            f" it takes {least} at least"
        )
    alone = f"alone it says what people said of {found.dear_right} of {found.n_gold} audited items"
    if binom.cdf(found.dear_right, found.n_gold, promise.target) <= promise.risk:
        return (
            f"asked everywhere: {alone}, so {target} is more than it reaches; lower `guarantee`, or ask a better"
            " model or prompt"
        )
    return (
        f"asked everywhere: {alone}, and it takes {found.needed} to prove {target}; more reviews of audits may"
        " prove it, or lower `guarantee`"
    )
