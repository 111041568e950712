"""Take a model's thoughts out of its answer: what comes after them counts.

Models think aloud between marks of many kinds: tags, brackets, control tokens, channels. Servers
lose some of these marks. A thought that never ends was cut, and what it says is no answer.
"""

import re

NAMES = (
    r"(?:(?:ant)?(?:thinking|think|thoughts?|reasoning|reason|reflection|reflect|analysis|scratch_?pad|"
    r"deliberation|inner_monologue|monologue|chain_of_thought|cot|brainstorm|internal|planning|plan)|"
    r"\u601d\u8003|\u601d\u7ef4|\u63a8\u7406)"
)
WHOLE = rf"(?:[\w\u2581]+[_:.|\u2581 -])??{NAMES}(?:[_:.\u2581-][\w\u2581]+)*"
"""A name as models' makers put it together: ``seed:think``, ``longcat_think``, ``think_start``."""

CONTROL = r"(?:<\|?[\w\u2581]+\|?>|\[unused\d+\])"
OPENS = (
    rf"<\|?\s*{WHOLE}(?:\s[^<>]*)?\|?>|\[\s*{WHOLE}\]|\({NAMES}\)|\u25c1{WHOLE}\u25b7|"
    rf"<\s*{NAMES}\s*\n|{CONTROL}\s*{NAMES}\s*\n"
)
CLOSES = (
    rf"<\|?\s*/\s*{WHOLE}\s*\|?>|\[/\s*{WHOLE}\]|\(/{NAMES}\)|\u25c1/\s*{WHOLE}\u25b7|"
    rf"[<\[]\|?\s*(?:end_of|end|stop)[_\u2581 ]{NAMES}\|?[>\]]|"
    rf"<\|?{WHOLE}[_\u2581](?:end|suffix)\|?>"
)
MARK = re.compile(rf"(?P<close>{CLOSES})|(?P<open>{OPENS})", re.IGNORECASE)

FENCED = re.compile(rf"```\s*{NAMES}\s*\n.*?(?P<end>```|\Z)", re.IGNORECASE | re.DOTALL)
CHANNEL = re.compile(r"<\|channel\|>(?P<name>[^<]*(?:<\|constrain\|>[^<]*)?)<\|message\|>")
CHANNEL_ENDS = re.compile(r"<\|(?:end|return|call|start)\|>")
BARE_CHANNEL = re.compile(r"\A\s*(?:analysis|commentary)(?=[A-Z])")
BARE_FINAL = re.compile(r"assistant\s*final")
SPOKEN = re.compile(r"here(?:'s| is) my (?:thought process|reasoning)\s*:", re.IGNORECASE)
SPOKEN_END = re.compile(r"here(?:'s| is) my (?:final )?(?:response|answer)\s*:", re.IGNORECASE)

ANSWER = re.compile(
    r"<\|?(?P<tag>answer|final|final_answer|response|output|result|begin_of_box)\|?>"
    r"(?P<said>(?:(?!</?(?:answer|final|final_answer|response|output|result)>).)*?)"
    r"(?:</(?P=tag)>|<\|end_of_box\|>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
"""Marks of the answer itself."""


def spoken(text: str) -> str | None:
    """Return what ``text`` says once its thoughts are left out; ``None`` if it ends inside one.

    Examples
    --------
    >>> spoken("<think>SPAM?</think> HAM"), spoken("it might be SPAM</think>HAM")
    ('HAM', 'HAM')
    >>> spoken("<thought>SPAM, because") is None
    True
    """
    text = text.strip()
    for part in (_channels, _aloud, _fenced, _marked):
        told = part(text)
        if told is None:
            return None
        text = told.strip()
    answers = list(ANSWER.finditer(text))
    if answers and not text[answers[-1].end() :].strip():
        return answers[-1]["said"].strip()
    return text


def _channels(text: str) -> str | None:
    """Read Harmony: thoughts and answer in channels, whose marks some servers leave out."""
    parts = list(CHANNEL.finditer(text))
    if parts:
        final = [p for p in parts if p["name"].strip().startswith("final") or "to=" in p["name"]]
        if not final or final[-1] is not parts[-1]:
            return None
        return CHANNEL_ENDS.split(text[final[-1].end() :])[0]
    if BARE_CHANNEL.match(text):
        ends = list(BARE_FINAL.finditer(text))
        return text[ends[-1].end() :] if ends else None
    return text


def _aloud(text: str) -> str | None:
    if not SPOKEN.search(text):
        return text
    ends = list(SPOKEN_END.finditer(text))
    return text[ends[-1].end() :] if ends else None


def _fenced(text: str) -> str | None:
    ends = [block["end"] for block in FENCED.finditer(text)]
    return None if "" in ends else FENCED.sub("", text)


def _marked(text: str) -> str | None:
    """Leave out what stands between marks, and before an end that has no beginning.

    A thought that follows the answer may take it back, and stays.
    """
    parts, depth, start, thought, ended = [""], 0, 0, 0, 0
    for mark in MARK.finditer(text):
        if mark["open"]:
            if depth == 0:
                parts.append(text[start : mark.start()])
                thought = mark.end()
            depth += 1
        else:
            if depth == 0:
                parts, thought = [""], mark.start()
            depth = max(0, depth - 1)
            start, ended = mark.end(), mark.start()
    if depth:
        return None
    after = text[start:]
    if after.strip():
        return after
    said = [part for part in parts if part.strip()]
    return f"{said[-1]}\n{text[thought:ended]}" if said else ""
