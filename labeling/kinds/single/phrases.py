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
    r"contains?|schema|template|instance|"
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
    overall pick picked post prediction predicted provided question rating response result review
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
LISTED = re.compile(r"[,;/&|()]|\bor\b|\band\b|\bbut\b", re.IGNORECASE)

DENIES = re.compile(
    r"^\W*(?:no|nope|not|none|never|n/?a|nein|non|false|untrue|unlikely|not (?:applicable|really|likely|"
    r"quite|at all|present|found|mentioned|given)|does(?: not|n't) apply|rejected|excluded|absent|"
    r"missing|fail(?:s|ed)?|(?:very )?low|n|nicht\b[^.\n]*|\u043d\u0435\u0442|\u5426|\u3044\u3044\u3048|0 points|"
    r"[0-4]\s*/\s*10|0+(?:\.0+)?\s*%?)(?=\W*$|\s*[.,;:!\n])|"
    r"[\u274c\u274e\u2717\u2718\u2716\U0001f44e\U0001f6ab]|"
    r"\b(?:wrong|incorrect|mistaken|(?:not|\w+n't) (?:quite )?(?:right|correct|true|so|it))\b",
    re.IGNORECASE,
)
"""What follows a class and denies it."""

RETRACTS = re.compile(
    r"\b(?:wait|actually|correction|second thoughts?|scratch|on reflection|reconsider\w*|rather|"
    r"instead|changed? my mind|my mistake|i was wrong|hmm+|oops|never ?mind|disregard|"
    r"ignore (?:that|this|it|the above|my)|injected|(?:wants?|asks?|asked|told) (?:me|us)|"
    r"(?:will not|won't) (?:follow|obey|comply))\b",
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
UNSEEN = re.compile(
    r"\bplease (?:provide|send|share|paste|give|clarify)|\bi (?:understand|am ready|can help)\b|"
    r"\bi'?m ready\b|\bhelp you\b|\b(?:no|empty|which|what) (?:text|item|message|input|content)\b|"
    r"\b(?:text|item|message|input|content) (?:is|was) (?:empty|missing|not (?:given|provided))",
    re.IGNORECASE,
)
"""Talk about the task: whoever says so has seen no item, and its "yes" or "no" answers something else."""

CHAT = frozenset({"yes", "no", "ok", "okay", "sure", "true", "false", "right"})
"""Classes that are also words of a talk."""

QUOTED = re.compile(r"^[ \t]*>[^\n]*", re.MULTILINE)
"""A line that is quoted, as mail and Markdown mark it."""

INTRODUCES = re.compile(
    r"\b(?:says?|said|schema|template|instance|examples?|contains?|quotes?|asks?|orders?|wants?)\b|"
    r"^\W*(?:input|item|text)\W*$",
    re.IGNORECASE,
)
"""What stands before an object that is not the answer."""

NEXT = re.compile(
    r"\n\W*(?:(?:next |new )?(?:item|text|input|user|human|message|review|tweet|document|example)"
    r"(?:\s*#?\d+)?\s*:|<item)",
    re.IGNORECASE,
)
"""Where a model without an end goes on to an item of its own making."""

ENDS = re.compile(
    r"(?:\s*(?:</s>|<end_of_turn>|<\|(?:im_end|eot_id|end|endoftext|end[_\u2581]of[_\u2581]sentence)\|>))+\s*"
    r"(?:<\|(?:im_start|start_header_id)\|>\s*user.*)?\Z",
    re.DOTALL,
)
"""Marks of the end, which some servers leave in an answer."""

TORN = re.compile(
    r"\b(not|non|never|neither|very|less|hardly|barely|\w+n't)\s*\n\s*", re.IGNORECASE
)
"""A word that belongs to what the next line says."""

BECAUSE = re.compile(
    r"^\W*(?:$|[-\u2013\u2014.,:;()\n]|(?:because|since|as|for|due|given|with|is|fits|best)\b)",
    re.IGNORECASE,
)
SURE = re.compile(r"\b(?:confiden\w+|certain\w*|probab\w+|likely|high|sure)\b", re.IGNORECASE)
EXPLAINS = 3
"""Words from which what follows a class explains it; fewer may make another thing of it."""

BARE_DASH = re.compile(r"(?<!\w)[\u2013\u2014](?=\d)")

FINAL = re.compile(r"\b(?:final|correct|label|answer|class|category)\b", re.IGNORECASE)
REVISED = re.compile(
    r"(?:final|revised|corrected|updated|new)[ _-]?(?:label|answer|class|category|classification|prediction)"
)
"""Names of fields that have the last word in an object."""

UNLIKE = re.compile(
    r"^\W*?(?:[!~\u00ac\u2248\u2260\u2249]|[<>\u00b1\u2264\u2265]\s*\d)|\d\s*%|^\W*\w\s?[+-]\s*$|"
    r"[\u00bd\u00bc\u00be\u274c\u274e\u2717\u2718\u2716\U0001f44e\U0001f6ab?]"
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
    text = BARE_DASH.sub("-", unicodedata.normalize("NFKC", text).translate(PLAIN))
    return ESCAPED.sub(lambda m: "<" if (m[1] or m[2]).casefold() in ("lt", "c") else ">", text)


def explains(tail: str) -> bool:
    """Whether what follows a class leaves it what it is: says why, how sure, or nothing.

    Examples
    --------
    >>> explains(": it asks for money"), explains(" (95% sure)"), explains(" (sarcastic)")
    (True, True, False)
    """
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", tail)
    return len(words) == 0 or len(words) >= EXPLAINS or only_names(tail) or bool(SURE.search(tail))


def introduced(front: str) -> str:
    """Return the words that introduce what follows ``front``: of its line, or of one that ends in a colon."""
    front = (
        re.sub(r"[`\s]*(?:json)?\s*$", "", front)
        if front.rstrip().endswith(("`", "json"))
        else front
    )
    line = front.rpartition("\n")[2]
    before = front.rstrip().rpartition("\n")[2]
    return line if line.strip() else (before if before.endswith(":") else "")


def only_names(text: str) -> bool:
    """Whether ``text``, a sentence without its class, does no more than name one.

    Examples
    --------
    >>> only_names("I classify this as"), only_names("The item orders me to answer")
    (True, False)
    """
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.casefold())
    return all(re.sub(r"'\w+$", "", word) in FRAME or word in SHORT for word in words)


def loose(spelling: str) -> str:
    """Return a pattern of a class's words with anything between them."""
    return r"[\W_]+".join(re.escape(word) for word in spelling.split())


def names(front: str) -> bool:
    """Whether what stands around a class, in its line, does no more than name it."""
    return not HEDGE.search(front) and only_names(CLAUSE.split(front)[-1])


def taken_back(text: str) -> bool:
    """Whether ``text`` takes back what was said before it."""
    return bool(RETRACTS.search(text) or DENIES.search(text))


def joined(text: str) -> str:
    """Join "4.5" and "3/4", so that no class is read out of a part of them."""
    return re.sub(r"(?<=\d)[.,/](?=\d)", "x", text)
