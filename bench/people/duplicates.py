"""Near-duplicates in a queue when a tenth of the pool is duplicated."""

import json
import sys
import time
from pathlib import Path

import numpy as np

from labeling.sampling.queue import choose_queue
from tasks import SEEDS, SETS, read

N_ITEMS, N_QUEUE, SHARE = 2_000, 200, 0.1


def copy_of(text: str, rng: np.random.Generator) -> str:
    """Return the text again: as it is, or with another case, ending, typos or one word less."""
    kind = rng.integers(5)
    if kind == 0:
        return text
    if kind == 1:
        return text.upper() + "!!"
    if kind == 2:
        return f"  {text} :) {rng.integers(100)}"
    words = text.split()
    if kind == 3 and len(words) > 7:
        del words[int(rng.integers(len(words)))]
        return " ".join(words)
    letters = list(text)
    for at in rng.integers(0, max(len(letters) - 1, 1), size=1 + len(letters) // 60):
        letters[at : at + 2] = reversed(letters[at : at + 2])
    return "".join(letters)


def main() -> None:
    found = []
    for name in SETS:
        texts = read(name)["text"].drop_duplicates().to_numpy()
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            own = rng.permutation(texts)[:N_ITEMS].tolist()
            source = rng.permutation(len(own))[: int(SHARE * len(own))]
            pool = own + [copy_of(own[i], rng) for i in source]
            origin = np.concatenate([np.arange(len(own)), source])
            # Alike items are alike to the model too: their scores are, and they come in a row.
            p = rng.uniform(0.3, 0.7, len(own))[origin] + rng.normal(0, 0.005, len(origin))
            proba = np.column_stack([p, 1 - p])
            started = time.perf_counter()
            item = choose_queue(pool, proba, N_QUEUE, strategy="margin", seed=seed).item
            seconds = time.perf_counter() - started
            naive = np.argsort(np.abs(p - 0.5))[:N_QUEUE]
            shares = [1 - len(np.unique(origin[at])) / len(at) for at in (item, naive)]
            found.append({"set": name, "queue": shares[0], "naive": shares[1], "seconds": seconds})
        print(name, found[-5:], flush=True)
    Path(sys.argv[1]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
