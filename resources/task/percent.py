"""How a share that was promised is said: as exactly as it was stated."""


def percent(share: float) -> str:
    """Write a share, 0..1, in percent with as many digits as it takes, at most four.

    Examples
    --------
    >>> percent(0.915), percent(0.9), percent(0.87341)
    ('91.5%', '90%', '87.34%')
    """
    return f"{100 * share:.4g}%"
