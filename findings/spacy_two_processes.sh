#!/usr/bin/env bash
# Two processes of spaCy find the phrases of a long list more slowly than one, and take several times the computing.
#
# Guess:    `nlp.pipe(texts, n_process=2)` takes about half the time of `n_process=1` where texts are many: the manual has it
#           for that, with the remark that starting takes a while.
# Happens:  with an EntityRuler of 20,000 phrases and short texts it takes longer by the clock, and more than twice the CPU. Each
#           text's document comes back to the first process as bytes, and to write and read one takes longer than to find its
#           phrases. So there is no number of texts from which on it pays.
# Source:   spaCy's page "Language Processing Pipelines", Multiprocessing; spacy/language.py (_apply_pipes).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet spacy==3.8.18

cat >"$folder/pipe.py" <<'PYTHON'
import random
import resource
import sys
import time

import spacy


def cpu():
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def main():
    drawn = random.Random(0)
    words = ["".join(drawn.choices("abcdefghijklmnop", k=6)) for _ in range(30_000)]
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "TERM", "pattern": word} for word in words[:20_000]])
    texts = [" ".join(drawn.choices(words, k=12)) for _ in range(12_000)]
    found = {}
    print("spaCy", spacy.__version__)
    took = {}
    for processes in (1, 2):
        before, began = cpu(), time.perf_counter()
        found[processes] = sum(len(doc.ents) for doc in nlp.pipe(texts, n_process=processes))
        took[processes] = time.perf_counter() - began, cpu() - before
        print(f"  n_process={processes}: {took[processes][0]:.1f} s, {took[processes][1]:.1f} CPU s")
    assert found[1] == found[2] > 0
    if took[2][1] < 2 * took[1][1]:
        sys.exit("Changed: two processes no longer take twice the computing of one.")


if __name__ == "__main__":
    main()
PYTHON

"$folder/venv/bin/python" "$folder/pipe.py"
