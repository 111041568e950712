"""Write repair reports of a made-up bicycle workshop, and apart from them the truth.

Nobody wrote these reports: each is a shuffle of hand-written sentences whose slots are filled with
parts, faults, measures and times, the same bytes for the same seed. From the fifth day on the Spoke
Yard repairs electric bicycles, too: their parts, fault codes and measures have names that no rule was
written for.
"""

import csv
import io
import json
import random
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

CLASSES = ("Part", "Fault", "Measure", "Time")

FIRST_DAY = date(2026, 6, 1)

N_DAYS = 6

CHANGE_DAY = 5
"""Counted from 1: electric bicycles come in from this batch on."""

REPORTS_A_DAY = 120

P_ELECTRIC = 0.5
"""Share of reports on an electric bicycle, from the day on which they come in."""

P_TRAP = 0.15
"""Share of reports with words that name a part, a fault or a time elsewhere."""

P_TIME = 0.4
"""Share of reports that say how long the work took."""

P_UNLISTED, P_PLACED = 0.1, 0.4
"""Shares of parts that the workshop's list lacks, and of parts that say where they are."""

PLACES = ("front", "rear", "left", "right", "upper", "lower")

LISTED = (
    "brake", "brake pad", "brake cable", "brake lever", "chain", "chainring", "bottom bracket", "crank", "pedal",
    "derailleur", "derailleur hanger", "shifter", "cassette", "hub", "wheel", "rim", "spoke", "tyre", "inner tube",
    "headset", "stem", "handlebar", "grip", "saddle", "seat post", "mudguard", "rack", "kickstand", "light",
    "dynamo", "bell", "fork",
)  # fmt: skip

UNLISTED = ("jockey wheel", "freehub", "valve core", "cable end cap", "cone nut", "basket bolt")

FAILS = (
    "squeals", "rattles", "slips under load", "is bent", "is worn", "is frayed", "is cracked", "leaks", "drags",
    "has come loose", "creaks", "is seized", "wobbles",
)  # fmt: skip

NOUNS = (
    "a crack", "play", "rust", "a dent", "a slow puncture", "a grinding noise", "too much wear", "a broken thread",
)  # fmt: skip

OBLIQUE = ("gave up on the hill", "has seen better days", "does what it likes")
"""Faults without a telling word."""

DONE = (
    "replaced", "tightened", "greased", "trued", "adjusted", "cleaned", "bled", "straightened", "swapped", "refitted",
)  # fmt: skip

TIMES = (
    "10 minutes",
    "20 minutes",
    "45 min",
    "1.5 h",
    "2 hours",
    "half an hour",
    "a quarter of an hour",
)

ELECTRIC_PARTS = (
    "Volk unit", "torque sensor", "hall sensor", "Tarn pack", "display mount", "charge port", "Volk harness",
)  # fmt: skip

ELECTRIC_FAILS = (
    "throws E-37", "throws E-12", "blinks red", "cuts out at 20 km/h", "does not pair", "shows half range",
)  # fmt: skip

ELECTRIC_DONE = ("flashed", "paired", "recalibrated", "reset", "balanced")

SENTENCES = (
    "<part> <fails>",
    "<part> <fails>, <done>",
    "<part> <fails> and was <done>",
    "<noun> in the <part>",
    "<noun> at the <part>, <done> it",
    "<done> the <part>",
    "<done> <part> and <part>",
    "customer says the <part> <fails>",
    "found <noun> on the <part>",
    "<part> <done>, <part> <done>",
)

ELECTRIC_SENTENCES = (
    "<part> <fails>",
    "<part> <fails>, <done>",
    "<done> the <part>",
    "customer says the <part> <fails>",
)

WORKED = ("took <time>", "<time> of work", "done in <time>", "<time>, no charge")

TRAPS = (
    "came in through light rain",
    "the shop in Bell Street had sent her on",
    "he rides for a chain of bakeries",
    "turned back at the fork in the road",
    "her son wants to play outside meanwhile",
    "waited 20 minutes at the desk",
    "lives 10 minutes from here",
    "wants to hear about the price first",
    "paid for the wheel of cheese next door",
)

FILLERS = (
    "customer collects on Friday",
    "a blue city bike",
    "rides to work every day",
    "nothing else to report",
    "spoke to her on the phone",
    "second visit this year",
    "a gift from an uncle",
    "estimate was accepted",
    "test ride without complaint",
)

BENCHES = ("north", "south", "yard")

LINKS = (". ", ". ", "; ", ", ")

Piece = tuple[str, str | None]
"""Text, and what it is of, if anything."""

SLOT = re.compile(r"<(\w+)>")


def _part(rng: random.Random) -> str:
    name = rng.choice(UNLISTED if rng.random() < P_UNLISTED else LISTED)
    return f"{rng.choice(PLACES)} {name}" if rng.random() < P_PLACED else name


def _fill(rng: random.Random, slot: str, *, electric: bool) -> Piece:
    if slot == "part":
        return (rng.choice(ELECTRIC_PARTS) if electric else _part(rng)), "Part"
    if slot == "fails" and rng.random() < 0.05:
        return rng.choice(OBLIQUE), "Fault"
    plain: Mapping[str, tuple[Sequence[str], str]] = {
        "fails": (FAILS, "Fault"),
        "noun": (NOUNS, "Fault"),
        "done": (DONE, "Measure"),
        "time": (TIMES, "Time"),
    }
    new = {"fails": ELECTRIC_FAILS, "done": ELECTRIC_DONE}
    words, name = plain[slot]
    return rng.choice(new.get(slot, words) if electric else words), name


def _sentence(rng: random.Random, template: str, *, electric: bool = False) -> list[Piece]:
    pieces: list[Piece] = []
    for number, part in enumerate(SLOT.split(template)):
        pieces.append(_fill(rng, part, electric=electric) if number % 2 else (part, None))
    return [piece for piece in pieces if piece[0]]


def write_report(rng: random.Random, *, electric: bool) -> tuple[str, list[tuple[int, int, str]]]:
    """Return a report and its spans in their order, in code points, half-open."""
    said = [_sentence(rng, one) for one in rng.sample(SENTENCES, rng.choice((0, 1, 1, 1, 2)))]
    if electric and rng.random() < P_ELECTRIC:
        said = [
            _sentence(rng, rng.choice(ELECTRIC_SENTENCES), electric=True),
            *said[: rng.randint(0, 1)],
        ]
    if said and rng.random() < P_TIME:
        said.append(_sentence(rng, rng.choice(WORKED)))
    if rng.random() < P_TRAP:
        said.insert(rng.randint(0, len(said)), [(rng.choice(TRAPS), None)])
    for _ in range(rng.randint(0 if said else 1, 1)):
        said.insert(rng.choice((0, len(said))), [(rng.choice(FILLERS), None)])
    text, spans, begins = "", [], True
    for sentence in said:
        if text:
            link = rng.choice(LINKS)
            text, begins = text + link, link == ". "
        for part, name in sentence:
            shown = part[0].upper() + part[1:] if begins else part
            if name:
                spans.append((len(text), len(text) + len(shown), name))
            text, begins = text + shown, False
    return text + rng.choice((".", ".", "")), spans


def generate(inbox: Path, truth: Path, seed: int = 20260601) -> list[Path]:
    """Write ``inbox/DATE.jsonl`` and ``truth/DATE.csv`` for each of the :data:`N_DAYS` days.

    Parameters
    ----------
    inbox : Path
        Folder of the reports: item_id, text, written_at (ISO 8601), bench.
    truth : Path
        Folder of the truth: item_id and label, a JSON list of [start, end, class].
    seed : int
        The same seed gives the same bytes.

    Returns
    -------
    list of Path
        The files of ``inbox`` in time order; one that already holds the same bytes is left alone.
    """
    written: list[Path] = []
    for number in range(1, N_DAYS + 1):
        rng = random.Random(f"{seed}/{number}")  # noqa: S311 - texts for a demo, no secret
        day = FIRST_DAY + timedelta(days=number - 1)
        lines, table = io.StringIO(), io.StringIO()
        answers = csv.writer(table, lineterminator="\n")
        answers.writerow(["item_id", "label"])
        for at in range(1, REPORTS_A_DAY + 1):
            text, spans = write_report(rng, electric=number >= CHANGE_DAY)
            item_id = f"job-{day:%m%d}-{at:03d}"
            at_time = datetime.combine(day, time(8)) + timedelta(minutes=4 * at)
            row = {
                "item_id": item_id,
                "text": text,
                "written_at": at_time.isoformat(),
                "bench": rng.choice(BENCHES),
            }
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            answers.writerow([item_id, json.dumps(spans)])
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
