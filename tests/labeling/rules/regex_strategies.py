"""Random regular expressions and texts that are likely to meet."""

import re
import warnings

from hypothesis import strategies as st

CHARACTERS = [
    *"abkKsS19_ -.\n\t\x00",
    "é",
    "É",
    "\u017f",
    "\u212a",
    "ß",
    "İ",
    "\u0131",
    "👍",
    "e\u0301",
    "ж",
    "中",
    "\xa0",
]
CLASSES = [
    r"\w",
    r"\W",
    r"\d",
    r"\s",
    r"\S",
    ".",
    "[a-k]",
    "[^a]",
    r"[^ab\n]",
    "[é-ё]",
    r"[\w-]",
    r"[^\W_]",
]
ANCHORS = [r"\b", r"\B", "^", "$", r"\A", r"\Z"]
REPEATS = ["*", "+", "?", "{2}", "{1,3}", "{0,2}", "*?", "+?", "??", "++", "*+", "?+"]
GROUPS = [
    "(?:{})",
    "({})",
    "(?={})",
    "(?!{})",
    "(?>{})",
    "(?i:{})",
    "(?-i:{})",
    "(?s:{})",
    "(?m:{})",
    "(?a:{})",
]
BEHIND = ["(?<=a)", "(?<!a)", r"(?<=\w)", r"(?<!\w)", "(?<=é)", r"(?<!\Wk)", r"(?<=\b)", "(?<=^)"]

_characters = st.sampled_from(CHARACTERS).map(re.escape)
_atoms = st.one_of(
    _characters,
    _characters,
    st.sampled_from(CLASSES),
    st.sampled_from(ANCHORS),
    st.sampled_from(BEHIND),
    st.sampled_from([r"\1", "(?(1)a|b)"]),
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeated = st.builds("{}{}".format, inner, st.sampled_from(REPEATS))
    grouped = st.builds(lambda form, one: form.format(one), st.sampled_from(GROUPS), inner)
    joined = st.lists(inner, min_size=2, max_size=4).map("".join)
    either = st.lists(inner, min_size=2, max_size=3).map(lambda some: f"(?:{'|'.join(some)})")
    return st.one_of(repeated, grouped, joined, joined, either)


def _compiles(pattern: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a FutureWarning means another language tomorrow
        try:
            re.compile(pattern)
        except (re.error, FutureWarning, DeprecationWarning, OverflowError):
            return False
    return True


patterns = st.recursive(_atoms, _larger, max_leaves=8).filter(_compiles)
flags = st.sampled_from(
    [
        0,
        re.IGNORECASE,
        re.MULTILINE,
        re.DOTALL,
        re.ASCII,
        re.IGNORECASE | re.MULTILINE,
        re.IGNORECASE | re.ASCII,
    ]
)
texts = st.one_of(
    st.lists(st.sampled_from(CHARACTERS), max_size=8).map("".join),
    st.text(st.sampled_from("abkKsS1_ -.\n"), max_size=8),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)
