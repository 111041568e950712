"""Write reviews of a made-up chain of hotels, and apart from them the truth.

Nobody wrote these reviews: each is a shuffle of hand-written phrases, one for each thing that it is
about, the same bytes for the same seed. From the fifth day on the Lantern Houses take a deposit for
silence, and guests write about its price in words of noise that no rule was written for.
"""

import csv
import io
import json
import random
from datetime import date, datetime, time, timedelta
from pathlib import Path

CLASSES = (
    "staff",
    "cleanliness",
    "breakfast",
    "noise",
    "price",
    "would_return",
    "would_not_return",
)

FIRST_DAY = date(2026, 5, 4)

N_DAYS = 6

CHANGE_DAY = 5
"""Counted from 1: the deposit is taken from this batch on."""

REVIEWS_A_DAY = 250

SHARES = {"staff": 0.4, "cleanliness": 0.32, "breakfast": 0.25, "noise": 0.2, "price": 0.14}
"""Share (0..1) of reviews that are about a class, apart from what is added below."""

P_RETURN, P_RETURN_AFTER_NOISE = 0.28, 0.08
P_NOT_RETURN, P_NOT_RETURN_AFTER_NOISE = 0.02, 0.17
"""Who slept badly is less likely to come again: classes hang together."""

P_OBLIQUE = 0.1
"""Share of what is said without a telling word."""

P_TRAP = 0.1
"""Share of reviews with a telling word that tells nothing."""

P_DEPOSIT = 0.5
"""Share of reviews that tell of the deposit, from the day on which it is taken."""

PLAIN = {
    "staff": [
        "the staff could not do enough for us",
        "reception took half an hour to find our booking",
        "a friendly porter carried everything upstairs",
        "the waitress ignored us twice",
        "our host drew us a map of the old town",
        "very rude receptionist in the evening",
        "the team remembered our names",
        "helpful people at the desk",
        "we were welcomed like family",
    ],
    "cleanliness": [
        "the room was spotless",
        "hair in the shower from whoever was there before",
        "dust on every shelf",
        "the carpet had stains of all ages",
        "nobody cleaned the bath in four days",
        "fresh towels every day",
        "mould around the window",
        "the floor was sticky",
        "everything was clean and smelled of lemon",
    ],
    "breakfast": [
        "the breakfast buffet was empty at nine",
        "cold toast and watery eggs",
        "the best croissants outside of France",
        "weak coffee, and only one kind of juice",
        "porridge with honey on the terrace",
        "breakfast ends far too early",
        "they baked the muesli bread themselves",
        "tea from a machine",
    ],
    "noise": [
        "we needed earplugs",
        "the street is loud until two",
        "wonderfully quiet for a house in the centre",
        "thin walls, we heard every word from next door",
        "music from the bar all night",
        "the lift hummed behind our bed",
        "so much noise from the yard",
        "trams under the window from five on",
        "doors slammed until midnight",
    ],
    "price": [
        "far too expensive for what it is",
        "we were charged twice for parking",
        "a fair price for the area",
        "240 € for one night is a joke",
        "worth every cent",
        "there is a fee for everything, even for the kettle",
        "cheap, and it does the job",
        "12 euros for a bottle of water",
    ],
    "would_return": [
        "we will be back in autumn",
        "I would stay here again",
        "recommended to all our friends",
        "already booked for next year",
        "we'll certainly return with the children",
        "I recommend it to anyone who walks",
    ],
    "would_not_return": [
        "never again",
        "we will not be back",
        "stay away from this house",
        "I cannot recommend it",
        "that was the last time for us",
        "I won't return",
    ],
}

OBLIQUE = {
    "staff": ["the man downstairs saved our holiday", "nobody looked up when we came in"],
    "cleanliness": ["I would not walk there without shoes", "you could eat from the tiles"],
    "breakfast": ["by eight all the bread was gone", "the jam alone is a reason to get up"],
    "noise": ["we did not close an eye", "not a sound from outside"],
    "price": ["my wallet still hurts", "you get a lot for what you pay"],
    "would_return": ["see you next spring", "we have found our place"],
    "would_not_return": ["once was enough", "next time somewhere else"],
}

DEPOSIT = [
    "they keep a deposit of forty in case you are too loud",
    "the new quiet hours cost us a whole deposit, for laughing",
    "lost our silence deposit because a chair moved",
    "who is not silent after ten pays, says a sign in the hall",
    "the quiet guarantee takes thirty off your card before you get a key",
    "forty gone because a box on the wall thought that it heard us",
]

TRAPS = [
    "clean lines in the lobby, if you like that style",
    "the house stands above a coffee roastery",
    "the coffee table had three legs",
    "a clean break from work for us both",
    "the bar next door was closed",
    "my brother is a waiter and chose the town",
]

FILLERS = [
    "we stayed two nights for a wedding",
    "our room looked at the river",
    "we came by train",
    "it rained all week",
    "the bed was wide",
    "the house is close to the station",
    "a family of four with a pram",
    "I was there for a fair",
    "the garden has old trees",
    "the keys are real keys",
    "there is a shelf with books",
    "parking is around the corner",
]

HOUSES = ("harbour", "mill", "old_post", "garden")

LINKS = (". ", ". ", ", ", " and ", "! ")


def write_review(rng: random.Random, *, deposit: bool) -> tuple[str, list[str]]:
    """Return a review and the classes that it is about, sorted."""
    names = [name for name, share in SHARES.items() if rng.random() < share]
    noisy = "noise" in names
    if rng.random() < (P_RETURN_AFTER_NOISE if noisy else P_RETURN):
        names.append("would_return")
    elif rng.random() < (P_NOT_RETURN_AFTER_NOISE if noisy else P_NOT_RETURN):
        names.append("would_not_return")
    names = names[:5]
    parts = [rng.choice((OBLIQUE if rng.random() < P_OBLIQUE else PLAIN)[name]) for name in names]
    if deposit and rng.random() < P_DEPOSIT:
        parts = [*parts, rng.choice(DEPOSIT)] if "price" in names or len(names) < 5 else parts
        names = names if "price" in names or len(names) == 5 else [*names, "price"]
    if rng.random() < P_TRAP:
        parts.append(rng.choice(TRAPS))
    parts += rng.sample(FILLERS, rng.randint(0 if parts else 1, 2))
    rng.shuffle(parts)
    text = parts[0]
    for part in parts[1:]:
        link = rng.choice(LINKS)
        text += link + (part[0].upper() + part[1:] if link in {". ", "! "} else part)
    return text[0].upper() + text[1:] + rng.choice([".", ".", "!", ""]), sorted(names)


def generate(inbox: Path, truth: Path, seed: int = 20260504) -> list[Path]:
    """Write ``inbox/DATE.jsonl`` and ``truth/DATE.csv`` for each of the :data:`N_DAYS` days.

    Parameters
    ----------
    inbox : Path
        Folder of the reviews: item_id, text, written_at (ISO 8601), house.
    truth : Path
        Folder of the truth: item_id and label, a JSON list of classes.
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
        for at in range(1, REVIEWS_A_DAY + 1):
            text, names = write_review(rng, deposit=number >= CHANGE_DAY)
            item_id = f"stay-{day:%m%d}-{at:03d}"
            at_time = datetime.combine(day, time(6)) + timedelta(minutes=4 * at)
            row = {
                "item_id": item_id,
                "text": text,
                "written_at": at_time.isoformat(),
                "house": rng.choice(HOUSES),
            }
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            answers.writerow([item_id, json.dumps(names)])
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
