"""Runs in skweak's environment: aggregate spans by its majority and its HMM, told as JSON.

``peer_skweak.py GIVEN.json``: tokens of each item, names of types and voters, and rows (item, start,
end, type, voter) in tokens. Answers with rows (item, start, end, type) by method, and seconds.
"""

import contextlib
import json
import sys
import time
from pathlib import Path

import spacy
from skweak.generative import HMM
from skweak.voting import SequentialMajorityVoter
from spacy.tokens import Doc, Span

with Path(sys.argv[1]).open() as file:
    given = json.load(file)
vocab = spacy.blank("en").vocab
docs = [Doc(vocab, words=words) for words in given["tokens"]]
by_voter = [{} for _ in docs]
for item, start, end, kind, voter in given["marks"]:
    by_voter[item].setdefault(given["voters"][voter], []).append(
        Span(docs[item], start, end, label=given["types"][kind])
    )
for doc, said in zip(docs, by_voter, strict=True):
    for voter, spans in said.items():
        doc.spans[voter] = spacy.util.filter_spans(spans)
told = {}
for name, model in (
    ("majority", SequentialMajorityVoter("majority", given["types"])),
    ("hmm", HMM("hmm", given["types"])),
):
    began = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr):
        if name == "hmm":
            model.fit(docs)
        for doc in docs:
            model(doc)
    told[name] = {
        "seconds": time.perf_counter() - began,
        "spans": [
            [item, span.start, span.end, given["types"].index(span.label_)]
            for item, doc in enumerate(docs)
            for span in doc.spans.get(name, [])
        ],
    }
print(json.dumps(told))
