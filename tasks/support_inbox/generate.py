"""Write the messages of a made-up company's support inbox, and apart from them the truth.

Fernlight sells lamps, kettles and an app. Nobody wrote these messages: a grammar of hand-written
phrases (``phrases/*.yaml``) makes them, the same bytes for the same seed. From the ninth day on
a new product, the Tally, brings a kind of message that no rule was written for.
"""

import csv
import functools
import io
import json
import random
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import yaml

PHRASES = Path(__file__).parent / "phrases"

CLASSES = ("billing", "delivery", "returns", "account_access", "technical_fault", "praise_or_other")

FIRST_DAY = date(2026, 3, 2)

N_DAYS = 12

CHANGE_DAY = 9
"""Counted from 1: the Tally is on sale from this batch on."""

MESSAGES_A_DAY = (485, 515)

CHANNELS = {"email": 0.45, "chat": 0.33, "form": 0.22}

LANGUAGES = {"en": 0.90, "de": 0.06, "es": 0.04}

# Shares (0..1) of messages that have the trait; where a channel is not named, none have it.
P_OBLIQUE = 0.13
P_SENT_TWICE = 0.006
P_REWORD = 0.35
P_NEGATION = {"email": 0.08, "form": 0.08, "chat": 0.02}
P_SIDE_REMARK = {"email": 0.21, "form": 0.16, "chat": 0.05}
P_QUOTED_REPLY = {"email": 0.18}
P_SARCASM = {"email": 0.06, "form": 0.06, "chat": 0.04}
P_TYPO_A_WORD = {"email": 0.008, "form": 0.014, "chat": 0.025}

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")

Phrases = dict[str, dict[str, Any]]


class Message(NamedTuple):
    """One message with its truth; ``text`` may hold several lines."""

    text: str
    label: str
    channel: str
    lang: str


@functools.cache
def read_phrases() -> Phrases:
    """Read ``phrases/*.yaml``: file name -> key -> list of templates, or a number."""
    phrases: Phrases = {}
    for path in sorted(PHRASES.glob("*.yaml")):
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        phrases[path.stem] = {
            key: value.splitlines() if isinstance(value, str) else value
            for key, value in entries.items()
        }
    return phrases


class Writer:
    """Writes messages out of the phrases with one source of chance."""

    def __init__(self, phrases: Phrases, seed: str) -> None:
        self.phrases = phrases
        self.rng = random.Random(seed)  # noqa: S311 - texts for a demo, no secret
        pairs = (line.split(" = ") for line in phrases["frame"]["reword"])
        self.others = {words: others.split("|") for words, others in pairs}
        longest_first = "|".join(sorted(self.others, key=len, reverse=True))
        self.rewordable = re.compile(rf"\b({longest_first})\b")
        self.number: dict[str, Callable[[], str]] = {
            "order": lambda: self.pick(["FL-", "#", "F", ""]) + self.digits(5),
            "invoice": lambda: f"INV-{self.digits(5)}",
            "customer": lambda: self.digits(6),
            "amount": lambda: self.money(5, 180),
            "amount2": lambda: self.money(3, 90),
            "n": lambda: str(self.rng.randrange(2, 20)),
            "age": lambda: str(self.rng.randrange(68, 93)),
            "phone": lambda: f"0{self.digits(3)} {self.digits(7)}",
            "email": lambda: f"{self.word('name').lower()}{self.digits(2)}@mail.example",
        }

    def chance(self, share: float) -> bool:
        """Be true in ``share`` (0..1) of the calls."""
        return self.rng.random() < share

    def pick(self, options: list[str]) -> str:
        """Take one of the options, each as likely as the others."""
        return options[int(self.rng.random() * len(options))]

    def draw(self, shares: dict[str, float]) -> str:
        """Take a key with the probability that stands beside it."""
        return self.rng.choices(list(shares), list(shares.values()))[0]

    def digits(self, count: int) -> str:
        """Return a number of ``count`` digits."""
        return str(self.rng.randrange(10 ** (count - 1), 10**count))

    def money(self, low: int, high: int) -> str:
        """Write a sum of money in one of the ways people do."""
        euros, cents = self.rng.randrange(low, high), self.pick(["00", "90", "99", "50", "49"])
        form = self.pick(["{0}.{1} €", "€{0}.{1}", "{0},{1} euros", "{0} euro", "EUR {0}.{1}"])
        return form.format(euros, cents)

    def word(self, slot: str) -> str:
        """Fill one slot."""
        if slot in self.number:
            return self.number[slot]()
        return self.expand(self.pick(self.phrases["slots"][slot]))

    def expand(self, template: str, **given: str) -> str:
        """Settle the ``[a|b]`` choices, then fill the ``{slots}``."""
        text = _CHOICE.sub(lambda found: self.pick(found[1].split("|")), template)
        return _SLOT.sub(lambda slot: given.get(slot[1]) or self.word(slot[1]), text)

    def phrase(self, part: str, key: str, **given: str) -> str:
        """Write one phrase of the list ``key`` in the file ``part``."""
        return self.expand(self.pick(self.phrases[part][key]), **given)

    def reword(self, text: str) -> str:
        """Say some words of ``text`` another way."""
        return self.rewordable.sub(
            lambda said: self.pick(self.others[said[0]]) if self.chance(P_REWORD) else said[0], text
        )

    def other(self, part: str) -> str:
        """Take a class that ``part`` does not belong to."""
        mine = "technical_fault" if part == "tally" else part
        return self.pick([name for name in CLASSES if name != mine])

    def message(self, part: str) -> Message:
        """Write one message whose main ask comes from the file ``part``."""
        channel = self.draw(CHANNELS)
        lang = self.draw(LANGUAGES)
        if lang != "en":
            ask = self.phrase(part, {"de": "german", "es": "spanish"}[lang])
        elif self.chance(P_OBLIQUE):
            ask = self.phrase(part, "oblique")
        else:
            ask = self.phrase(part, "short" if channel == "chat" else "plain")
        body = self.body(part, self.reword(ask), channel)
        lay_out = {"email": self.email, "form": self.form, "chat": self.chat}[channel]
        text = lay_out(body, lang, part)
        label = "technical_fault" if part == "tally" else part
        return Message(self.mistype(text, P_TYPO_A_WORD[channel]), label, channel, lang)

    def body(self, part: str, ask: str, channel: str) -> list[str]:
        """Return the sentences around the main ask, in order."""
        sentences = [ask]
        if channel != "chat":
            if self.chance(0.45):
                sentences.append(self.phrase(part, "detail"))
            if self.chance(0.55):
                sentences.append(self.phrase("frame", "filler"))
            if self.chance(0.40):
                sentences.insert(0, self.phrase("frame", "opening"))
        if self.chance(P_SIDE_REMARK[channel]):
            remark = self.phrase(self.other(part), "side")
            if self.chance(0.5):
                sentences.append(remark)
            else:
                sentences[:0] = [remark, self.phrase("frame", "switch")]
        if self.chance(P_NEGATION[channel]):
            noun = self.pick(self.phrases[self.other(part)]["noun"])
            sentences.insert(0, self.phrase("frame", "negation", noun=noun))
        if self.chance(P_SARCASM[channel]):
            sentences.append(self.phrase("frame", "sarcasm"))
        return sentences

    def email(self, body: list[str], lang: str, part: str) -> str:
        """Lay a message out as an email, perhaps above an older reply of ours."""
        ending = "" if lang == "en" else f"_{lang}"
        lines = [self.phrase("frame", f"greeting{ending}"), " ".join(body)]
        if self.chance(0.8):
            name = self.word("name") + (f" {self.word('surname')}" if self.chance(0.5) else "")
            lines += [self.phrase("frame", f"closing{ending}"), name]
        if self.chance(0.2):
            lines.append(self.phrase("frame", "signature"))
        if self.chance(P_QUOTED_REPLY["email"]):
            about = self.other(part) if self.chance(0.5) or part == "tally" else part
            start, answer = self.phrase("frame", "quote_start"), self.phrase(about, "reply")
            lines += ["", self.phrase("frame", "quote_head"), f"> {start}", f"> {answer}"]
        return "\n".join(lines)

    def form(self, body: list[str], lang: str, part: str) -> str:  # noqa: ARG002 - one signature
        """Lay a message out as our web form does: a subject, then the text."""
        text = " ".join(body)
        return f"{self.phrase('frame', 'subject')}: {text}" if self.chance(0.6) else text

    def chat(self, body: list[str], lang: str, part: str) -> str:  # noqa: ARG002 - one signature
        """Lay a message out as a chat line: short, small letters, few stops."""
        text = " ".join(body).lower().rstrip(".")
        if self.chance(0.5):
            text = f"{self.phrase('frame', 'chat_open')} {text}"
        if self.chance(0.7):
            text = f"{text} {self.phrase('frame', 'chat_tail')}"
        return f"{text} {self.phrase('frame', 'emoji')}" if self.chance(0.12) else text

    def mistype(self, text: str, share: float) -> str:
        """Swap, lose or double a letter in ``share`` (0..1) of the longer words."""
        words = text.split(" ")
        for at, word in enumerate(words):
            if len(word) > 4 and word.isalpha() and self.chance(share):
                i = self.rng.randrange(1, len(word) - 1)
                words[at] = self.pick(
                    [
                        word[:i] + word[i + 1] + word[i] + word[i + 2 :],
                        word[:i] + word[i + 1 :],
                        word[: i + 1] + word[i:],
                    ]
                )
        return " ".join(words)


def write_day(number: int, seed: int) -> list[Message]:
    """Write the messages of day ``number`` (1..N_DAYS), in the order they came in."""
    phrases = read_phrases()
    writer = Writer(phrases, f"{seed}/{number}")
    shares = {name: float(phrases[name]["share"]) for name in CLASSES}
    if number >= CHANGE_DAY:
        new = float(phrases["tally"]["share"])
        shares = {name: share * (1 - new) for name, share in shares.items()} | {"tally": new}
    messages: list[Message] = []
    size = writer.rng.randint(*MESSAGES_A_DAY)
    while len(messages) < size:
        messages.append(writer.message(writer.draw(shares)))
        if writer.chance(P_SENT_TWICE):
            messages.append(messages[-1])
    return messages


def generate(inbox: Path, truth: Path, seed: int = 20260302) -> list[Path]:
    """Write ``inbox/DATE.jsonl`` and ``truth/DATE.csv`` for each of the :data:`N_DAYS` days.

    Parameters
    ----------
    inbox : Path
        Folder of the messages: item_id, text, received_at (ISO 8601), channel, lang.
    truth : Path
        Folder of the truth: item_id, label. Another folder, so that no source glob can meet it.
    seed : int
        The same seed gives the same bytes.

    Returns
    -------
    list of Path
        The files of ``inbox`` in time order. A file that already holds the same bytes is left
        alone, so that a sensor watching the folder sees no news.
    """
    written: list[Path] = []
    for number in range(1, N_DAYS + 1):
        day = FIRST_DAY + timedelta(days=number - 1)
        messages = write_day(number, seed)
        clock = random.Random(f"{seed}/{number}/clock")  # noqa: S311 - times for a demo
        seconds = sorted(clock.randrange(86_400) for _ in messages)
        lines, table = io.StringIO(), io.StringIO()
        answers = csv.writer(table, lineterminator="\n")
        answers.writerow(["item_id", "label"])
        for at, (message, second) in enumerate(zip(messages, seconds, strict=True), start=1):
            item_id = f"msg-{day:%m%d}-{at:04d}"
            received = datetime.combine(day, time()) + timedelta(seconds=second)
            row = {
                "item_id": item_id,
                "text": message.text,
                "received_at": received.isoformat(),
                "channel": message.channel,
                "lang": message.lang,
            }
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            answers.writerow([item_id, message.label])
        written.append(_write(inbox / f"{day}.jsonl", lines.getvalue()))
        _write(truth / f"{day}.csv", table.getvalue())
    return written


def _write(path: Path, text: str) -> Path:
    """Write under a temporary name and rename, unless the file already says just this."""
    data = text.encode()
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(path.suffix + ".part")
        half.write_bytes(data)
        half.replace(path)
    return path
