"""The closed set of classes that a model may answer with."""

from collections.abc import Sequence
from dataclasses import dataclass

from labeling.errors import PromptError


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """One class, as a model is told about it.

    Parameters
    ----------
    name : str
        The label itself.
    description : str
        What belongs in it; shown to the model.
    synonyms : tuple of str
        Other ways of writing it that count as this class, and never as another.
    """

    name: str
    description: str = ""
    synonyms: tuple[str, ...] = ()


def spellings(classes: Sequence[ClassSpec]) -> dict[str, str]:
    """Map every folded spelling to the class it stands for.

    Raises
    ------
    PromptError
        If two classes share a spelling: no answer could tell them apart.

    Examples
    --------
    >>> spellings([ClassSpec("SPAM", synonyms=("junk mail",)), ClassSpec("HAM")])
    {'spam': 'SPAM', 'junk mail': 'SPAM', 'ham': 'HAM'}
    """
    found: dict[str, str] = {}
    for spec in classes:
        for spelling in (spec.name, *spec.synonyms):
            key = fold(spelling)
            if not key:
                raise PromptError(f"class {spec.name!r} has a spelling without letters or digits")
            other = found.setdefault(key, spec.name)
            if other != spec.name:
                raise PromptError(
                    f"{spelling!r} stands for both {other!r} and {spec.name!r}; "
                    "change a name or a synonym in task.yaml so that each means one class"
                )
    return found


def fold(text: str) -> str:
    """Fold case, quotes, punctuation and runs of blanks, dashes and underscores.

    Signs that tell numbers and names apart (``+``, ``-`` before a digit, ``#``) stay.

    Examples
    --------
    >>> fold('  **"Terminate_Account".** ')
    'terminate account'
    >>> fold("-1"), fold("+1"), fold("C++"), fold("C#")
    ('-1', '+1', 'c++', 'c#')
    """
    kept: list[str] = []
    text = text.casefold()
    for at, sign in enumerate(text):
        before_digit = at + 1 < len(text) and text[at + 1].isdigit()
        starts = at == 0 or not text[at - 1].isalnum()
        kept.append(
            sign
            if sign.isalnum() or sign in "+#" or (sign == "-" and before_digit and starts)
            else " "
        )
    return " ".join("".join(kept).split())
