"""How answers are put into words: what names a class, what hedges, denies or takes it back.

What hedges can be listed; what denies cannot, least of all in every language. So a free sentence
names a class only where all of its words are known to do no more than that.
"""

import re
import unicodedata

NEGATES = r"not|no|nor|never|neither|none|cannot|\w+n't|nope|nein|kein\w*|nicht|non|pas|nunca|ni"

HEDGE = re.compile(
    rf"\b(?:{NEGATES}|can|could|may|might|maybe|perhaps|possibly|unsure|"
    r"uncertain|unclear|unable|if|whether|either|or|instead|rather|unlike|without|would|should|"
    r"between|than|except|but|however|ignore|previous|instructions?|says?|said|claims?|wants?|told|"
    r"tells?|hardly|scarcely|barely|less|least|far|opposite|example|format|draft)\b|\?",
    re.IGNORECASE,
)
"""Words beside a class that make a free sentence no answer."""

FRAME = frozenset(
    """
    a all also am an and answer answered appropriate are as assign assigned author based be
    belongs best case categorise categorised categorize categorized category certain
    certainly choice choose chose chosen class classification classified classify clear
    clearly comment conclude conclusion consider considered content correct course customer
    definitely document email expressed expresses fall falls final fits following for given
    hence here i id in indeed intent into is it item its json label labeled labelled mail
    mark marked matches me mean means message most my obviously of okay ok on option output
    overall pick picked post prediction predicted provided question response result review
    select selected sentence sentiment shows simply so speaker statement sure tag tagged
    text that the therefore these think this thus to topic tweet type under user very was we
    which with writer x yes
    """.split()  # noqa: SIM905  a list of a word a line is not for reading
)
"""Words that name a class and say no more."""

SHORT = {"'s", "'d", "'m", "'ll", "'ve", "s", "d", "m", "ll", "ve"}

BREAK = re.compile(r"\s+[-\u2013\u2014]\s+|[.,](?!\d)|[:;()\n]")
"""What may stand between a class and its explanation."""

CLAUSE = re.compile(r"[.,;!\n](?!\d)")
LISTED = re.compile(r"[,;/&|()]|\bor\b|\band\b", re.IGNORECASE)

DENIES = re.compile(
    r"^\W*(?:no|nope|not|none|never|n/?a|nein|non|false|untrue|unlikely|not (?:applicable|really|likely|"
    r"quite|at all)|0+(?:\.0+)?\s*%?)(?=\W*$|\s*[.,;:!\n])|[\u274c\u2717\u2718\u2716]|"
    r"\b(?:wrong|incorrect|mistaken|(?:not|\w+n't) (?:quite )?(?:right|correct|true|so|it))\b",
    re.IGNORECASE,
)
"""What follows a class and denies it."""

RETRACTS = re.compile(
    r"\b(?:wait|actually|correction|second thoughts?|scratch|on reflection|reconsider\w*|rather|"
    r"instead|changed? my mind|my mistake|i was wrong|hmm+)\b",
    re.IGNORECASE,
)
"""An explanation that takes the answer back."""

ANSWERED = r"label|answer|class|category|classification|prediction"
FENCED = re.compile(r"```[\w-]*\n?(.*?)```", re.DOTALL)
MARKED = re.compile(
    rf"^\W*(?:the\s+|my\s+|final\s+|correct\s+|predicted\s+|best\s+)*(?:{ANSWERED})\b[*_`]*\s*"
    r"(?:\bis\b\s*:?|:|=|->|\u2192|\u2014|-)\s*(?P<rest>\S.*?)\s*$",
    re.IGNORECASE,
)
INLINE = re.compile(
    r"\b(?:label|answer|class|category|classification)\b(?:\s+\w+){0,4}?\s*(?:\bis\b\s*:?|:|=)\s*"
    r"(?P<rest>[^\n]+?)\s*$",
    re.IGNORECASE,
)
EMPHASIS = re.compile(
    r"""\*\*(.+?)\*\*|\[(.+?)\]|`(.+?)`|\\boxed\{(.+?)\}|["“](.+?)["”]|<label>(.+?)</label>"""
)
STRUCK = re.compile(
    r"(?<!~)~~(?!~).*?~~|<(s|del|strike)>.*?</\1>|^\W*(?:\[ \]|\u2610)[^\n]*",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
"""What was crossed out, or left without a cross."""

REFUSAL = re.compile(
    r"^\W*(?:i'?m (?:very |really |so )?sorry|sorry|i apologi[sz]e|i (?:can(?:not|'t)|won't|am unable|"
    r"must decline)|as an ai|i'?m (?:not able|unable))",
    re.IGNORECASE,
)
FINAL = re.compile(r"\b(?:final|correct|label|answer|class|category)\b", re.IGNORECASE)
REVISED = re.compile(
    r"(?:final|revised|corrected|updated|new)[ _-]?(?:label|answer|class|category|classification|prediction)"
)
"""Names of fields that have the last word in an object."""

UNLIKE = re.compile(
    r"^\W*?(?:[!~\u00ac\u2260\u2249]|[<>\u00b1\u2264\u2265]\s*\d)|\d\s*%|[\u00bd\u00bc\u00be\u274c\u2717\u2718\u2716?]"
)
"""Signs that make another thing of a class: not it, about it, a share of it, whether it is."""

BESIDE = re.compile(r"[!~\u00ac\u2260\u2249][^\w\0]*\0|\0[^\w\0]*[%?]")
"""Such signs beside a class, which is written as a NUL."""

FRAMED = re.compile(r"\b(?:is|as|be|it's)\b:?\s+(?:an?\s+|the\s+)?(?P<said>\S+)\s*$", re.IGNORECASE)
"""A clause that ends by naming a class, however short its name."""


PLAIN = str.maketrans(
    "\u2019\u2212\u3008\u3009\u300a\u300b\u27e8\u27e9\u2039\u203a\u3010\u3011", "'-<><><><>[]"
)
ESCAPED = re.compile(r"&(lt|gt);|\\u003([ce])", re.IGNORECASE)


def plain(text: str) -> str:
    """Write dashes, quotes and brackets of all kinds in the usual way.

    Examples
    --------
    >>> plain("&lt;think&gt; \u300aHAM\u300b")
    '<think> <HAM>'
    """
    text = unicodedata.normalize("NFKC", text).translate(PLAIN)
    return ESCAPED.sub(lambda m: "<" if (m[1] or m[2]).casefold() in ("lt", "c") else ">", text)


def only_names(text: str) -> bool:
    """Whether ``text``, a sentence without its class, does no more than name one.

    Examples
    --------
    >>> only_names("I classify this as"), only_names("The item orders me to answer")
    (True, False)
    """
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.casefold())
    return all(re.sub(r"'\w+$", "", word) in FRAME or word in SHORT for word in words)
