"""spaCy and skweak on span rules; runs in the environment of the peers.

Usage: peer_spans.py entity-ruler|two-processes|phrase-matcher|skweak WORK.json REPEATS
Prints one JSON object: seconds of each repeat by the clock and of all its processes' processors, seconds of
loading, how many spans were found, and the peak memory of the process and of the greatest of its children.
"""

import functools
import json
import multiprocessing
import os
import resource
import sys
import time
from pathlib import Path

import spacy


def entity_ruler(work, n_process=1):
    """All rules and the gazetteer, as one would write them for spaCy."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    patterns = [{"label": "TERM", "pattern": one} for one in work["terms"]]
    for number, rule in enumerate(work["rules"]):
        if "shape" in rule:
            told = [[{"TEXT": {"REGEX": f"^(?:{rule['shape']})$"}}]]
        else:
            told = rule["terms"]
        patterns += [{"label": f"R{number}", "pattern": one} for one in told]
    ruler.add_patterns(patterns)
    return lambda texts: sum(len(doc.ents) for doc in nlp.pipe(texts, n_process=n_process))


def phrase_matcher(work):
    """The gazetteer alone."""
    from spacy.matcher import PhraseMatcher

    nlp = spacy.blank("en")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    matcher.add("TERM", list(nlp.tokenizer.pipe(work["terms"])))
    return lambda texts: sum(len(matcher(doc)) for doc in nlp.tokenizer.pipe(texts))


def skweak(work):
    """The gazetteer alone."""
    from skweak.gazetteers import GazetteerAnnotator, Trie

    nlp = spacy.blank("en")
    trie = Trie([[token.text for token in doc] for doc in nlp.tokenizer.pipe(work["terms"])])
    annotator = GazetteerAnnotator(
        "terms", {"TERM": trie}, case_sensitive=False, additional_checks=False
    )
    return lambda texts: sum(
        len(annotator(doc).spans["terms"]) for doc in nlp.tokenizer.pipe(texts)
    )


PEERS = {
    "entity-ruler": entity_ruler,
    "two-processes": functools.partial(entity_ruler, n_process=2),
    "phrase-matcher": phrase_matcher,
    "skweak": skweak,
}


def processor():
    """Return the processor's seconds of this process and of children that have ended."""
    for child in multiprocessing.active_children():
        child.join()
    return sum(os.times()[:4])


def main() -> None:
    name, path, repeats = sys.argv[1:]
    work = json.loads(Path(path).read_text())
    began = time.perf_counter()
    run = PEERS[name](work)
    load = time.perf_counter() - began
    run(work["texts"][:1_000])
    seconds, busy = [], []
    for _ in range(int(repeats)):
        began, before = time.perf_counter(), processor()
        found = run(work["texts"])
        seconds.append(time.perf_counter() - began)
        busy.append(processor() - before)
    peak, child = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    told = {"seconds": seconds, "processor": busy, "load": load, "found": found}
    print(json.dumps({**told, "peak_mb": peak, "child_mb": child}))


if __name__ == "__main__":
    main()
