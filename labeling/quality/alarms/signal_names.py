"""Names of drift signals and slices: readable, and never one for two things."""

from collections.abc import Collection

VOTER = "voter/"


def voter_signal(voter: str, class_name: str) -> str:
    """Return what the share of a class among a voter's votes is called.

    What follows the last slash is the class; a slash within it is escaped (RFC 3986, 2.1), for names
    of voters hold slashes too.

    Examples
    --------
    >>> voter_signal("rule/link", "spam"), voter_signal("rule/a", "b/c"), voter_signal("rule/a/b", "c")
    ('voter/rule/link/spam', 'voter/rule/a/b%2Fc', 'voter/rule/a/b/c')
    """
    return f"{VOTER}{voter}{of_class(class_name)}"


def of_class(class_name: str) -> str:
    """Return what a voter's signals about a class end with, and about no other.

    Examples
    --------
    >>> of_class("100%")
    '/100%25'
    """
    return "/" + _escaped(class_name, "/")


def slice_name(column: str, value: object) -> str:
    """Return what the items with a value in a column are called.

    Examples
    --------
    >>> slice_name("source", "blog=a"), slice_name("source=blog", "a"), slice_name("class/a", "b")
    ('source=blog=a', 'source%3Dblog=a', 'class%2Fa=b')
    """
    return f"{_escaped(column, '=/')}={value}"


def signal_today(former: str, voters: Collection[str], classes: Collection[str]) -> str:
    """Return the name of today for a signal that was named before slashes were escaped.

    Parameters
    ----------
    former : str
        A name of either kind; one that nobody can read for sure is returned as it is.
    voters, classes : collections of str
        All that may stand in it.

    Examples
    --------
    >>> signal_today("voter/rule/a/b/c", ["rule/a"], ["c", "b/c"])
    'voter/rule/a/b%2Fc'
    >>> signal_today("voter/rule/a/b/c", ["rule/a", "rule/a/b"], ["c", "b/c"])
    'voter/rule/a/b/c'
    """
    if not former.startswith(VOTER):
        return former
    said = former.removeprefix(VOTER)
    meant = {
        voter_signal(voter, name)
        for name in classes
        if said.endswith(f"/{name}") and (voter := said.removesuffix(f"/{name}")) in voters
    }
    return meant.pop() if len(meant) == 1 else former


def _escaped(name: str, apart: str) -> str:
    for one in ("%", *apart):
        name = name.replace(one, f"%{ord(one):02X}")
    return name
