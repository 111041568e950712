"""How sure a model was, by how far its answers to one question agree."""

from collections import Counter
from collections.abc import Sequence


def from_samples(labels: Sequence[str | None]) -> tuple[str | None, float | None]:
    """Settle several answers to one question (self-consistency).

    Returns
    -------
    label : str, optional
        The most frequent class; ``None`` if there is no answer or a tie for the first place.
    confidence : float, optional
        Its share (0..1] of all samples, unreadable ones among them.

    Notes
    -----
    Wang et al. (2023), "Self-consistency improves chain of thought reasoning", ICLR.

    Examples
    --------
    >>> from_samples(["SPAM", "SPAM", None, "HAM"])
    ('SPAM', 0.5)
    >>> from_samples(["SPAM", "HAM"])
    (None, None)
    """
    counts = Counter(label for label in labels if label is not None).most_common(2)
    if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]):
        return None, None
    return counts[0][0], counts[0][1] / len(labels)
