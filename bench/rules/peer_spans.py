"""spaCy and skweak on span rules; runs in the environment of the peers.

Usage: peer_spans.py entity-ruler|phrase-matcher|skweak WORK.json REPEATS
Prints one JSON object: seconds of each repeat, seconds of loading, how many spans were found.
"""

import json
import sys
import time
from pathlib import Path

import spacy


def entity_ruler(work):
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
    return lambda texts: sum(len(doc.ents) for doc in nlp.pipe(texts))


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


def main() -> None:
    name, path, repeats = sys.argv[1:]
    work = json.loads(Path(path).read_text())
    began = time.perf_counter()
    run = {"entity-ruler": entity_ruler, "phrase-matcher": phrase_matcher, "skweak": skweak}[name](
        work
    )
    load = time.perf_counter() - began
    run(work["texts"][:1_000])
    seconds, processor = [], []
    for _ in range(int(repeats)):
        began, busy = time.perf_counter(), time.process_time()
        found = run(work["texts"])
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - busy)
    print(json.dumps({"seconds": seconds, "processor": processor, "load": load, "found": found}))


if __name__ == "__main__":
    main()
