"""50 span rules and a gazetteer of 100,000 terms on 100,000 short texts: ours, spaCy and skweak.

Usage: .venv/bin/python bench/rules/spans.py [--repeats 3] [--peer-texts 20000]

Writes bench/results/spans_rules.md. The peers go text by text, so that their time grows with the
texts; by default they get a fifth of them and their time is multiplied by five.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import span_workload

from labeling.rules.rule import Patterns
from labeling.rules.spans.engine import SpanRuleSet
from labeling.rules.spans.rule import Group, SpanRule, Terms

HERE = Path(__file__).parent
OUT = HERE.parent / "out" / "rules"
PEERS = HERE.parent / ".peers" / "spans"
WANTED = 20


def peers_python() -> Path:
    """Make the environment of the peers once."""
    python = PEERS / "bin" / "python"
    if not (PEERS / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        requirements = HERE / "requirements-spans.txt"
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
        (PEERS / "done").touch()
    return python


def in_process(command: list, path: Path, repeats: int) -> dict:
    done = subprocess.run(
        [*command, path, str(repeats)], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def to_rules(work: dict) -> list[SpanRule]:
    """Return the rules as ours."""
    made = [SpanRule("terms", "TERM", "dictionary", Terms(tuple(work["terms"])))]
    for number, one in enumerate(work["rules"]):
        if "shape" in one:
            pattern = rf"(?<!\w)(?:{one['shape']})(?!\w)"
            made.append(SpanRule(f"r{number}", "R", "regex", Group(Patterns((pattern,)))))
        else:
            made.append(SpanRule(f"r{number}", "R", "keyword", Terms(tuple(one["terms"]))))
    return made


def ours(path: Path, repeats: int) -> dict:
    """Run ours in a process of its own, whose memory is measured."""
    work = json.loads(path.read_text())
    texts = work.pop("texts")
    batch = pa.table({"item_id": [str(i) for i in range(len(texts))], "text": texts})
    del texts
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    rules = SpanRuleSet(to_rules(work), ["TERM", "R"])
    rules.apply(batch.slice(0, 1_000))
    load = time.perf_counter() - began
    only = SpanRuleSet(rules.rules[:1], ["TERM", "R"])
    whole = timed(lambda: rules.apply(batch), repeats)
    alone = timed(lambda: only.apply(batch), repeats)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        **whole,
        "alone": alone,
        "load": load,
        "before_mb": before / 1024,
        "peak_mb": peak / 1024,
    }


def timed(run, repeats: int) -> dict:
    """Return what a run takes by the clock and of the processor, and how much it finds."""
    seconds, processor, found = [], [], 0
    for _ in range(repeats):
        began, busy = time.perf_counter(), time.process_time()
        found = len(run().marks)
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - busy)
    return {"seconds": seconds, "processor": processor, "found": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peer-texts", type=int, default=20_000)
    given = parser.parse_args()
    texts = span_workload.texts()
    work = {"terms": span_workload.terms(texts), "rules": span_workload.rules(texts)}
    OUT.mkdir(parents=True, exist_ok=True)
    whole, part = OUT / "spans.json", OUT / "spans_part.json"
    whole.write_text(json.dumps({**work, "texts": texts}))
    part.write_text(json.dumps({**work, "texts": texts[: given.peer_texts]}))
    mine = in_process([sys.executable, __file__, "ours"], whole, given.repeats)
    names = ("entity-ruler", "two-processes", "phrase-matcher", "skweak")
    peers = {
        name: in_process([peers_python(), HERE / "peer_spans.py", name], part, given.repeats)
        for name in names
    }
    page = to_page(texts, mine, peers, len(texts) / given.peer_texts, given)
    (HERE.parent / "results" / "spans_rules.md").write_text(page)
    print(page)


def to_page(texts: list[str], mine: dict, peers: dict, scale: float, given) -> str:
    median = statistics.median
    base, alone = mine, mine["alone"]
    ruler, two, matcher, skweak = peers.values()

    def row(name: str, one: dict, beside: dict, scale: float) -> str:
        cells = [
            median(one["seconds"]) * scale,
            median(one["processor"]) * scale,
            median(one["seconds"]) * scale / median(beside["seconds"]),
            median(one["processor"]) * scale / median(beside["processor"]),
        ]
        return "| " + " | ".join([name, *(f"{cell:.2f}" for cell in cells)]) + " |"

    found = {name: f"{one['found'] * scale:,.0f}" for name, one in peers.items()}
    size = sum(map(len, texts)) / 1e6
    cores = len(os.sched_getaffinity(0))
    part = f"{given.peer_texts:,} of the texts, times {scale:g}" if scale > 1 else "the same"
    command = f"bench/rules/spans.py --repeats {given.repeats} --peer-texts {given.peer_texts}"
    return f"""# Span rules on 100,000 short texts

Made by `.venv/bin/python {command}`.

{len(texts):,} news texts of `wrench_agnews`, at most 100 characters each ({size:.1f} MB); a gazetteer of 100,000 terms in any case, and 50 rules: 20 of words, 10 of phrases, 20 of a token's shape. Medians of {given.repeats} on {cores} processors that others used too, so the processor's time is the fairer column. The peers, tokenising included, ran on {part}.

| | seconds | of the processor | times ours | by the processor |
|---|---:|---:|---:|---:|
{row("Touchstone, 50 rules and the gazetteer", base, base, 1)}
{row("spaCy 3.8.18, EntityRuler, the same", ruler, base, scale)}
{row("the same with `nlp.pipe(n_process=2)`", two, base, scale)}
{row("Touchstone, the gazetteer alone", alone, alone, 1)}
{row("spaCy 3.8.18, PhraseMatcher, the same", matcher, alone, scale)}
{row("skweak 0.3.3, GazetteerAnnotator, the same", skweak, alone, scale)}

Wanted: at least {WANTED} times skweak's or spaCy's throughput.

Ours marks {base["found"]:,} spans, {alone["found"]:,} of them by the gazetteer. The peers cut words in other places and settle otherwise what overlaps: EntityRuler over all rules together ({found["entity-ruler"]}), PhraseMatcher not at all ({found["phrase-matcher"]}), skweak as ours ({found["skweak"]}). Reading the rules once is not in the times: {base["load"]:.1f} s, {ruler["load"]:.1f} s for EntityRuler, {matcher["load"]:.1f} s for PhraseMatcher, {skweak["load"]:.1f} s for skweak.

The process of ours takes {base["peak_mb"]:,.0f} MB at its peak, {base["before_mb"]:,.0f} MB of them before any rule is made; EntityRuler's one process {ruler["peak_mb"]:,.0f} MB, and with `n_process=2` the process that hands out the texts {two["peak_mb"]:,.0f} MB and each of its two workers up to {two["child_mb"]:,.0f} MB, much of which they share. Wanted: under 2,000 MB.

Two processes of spaCy are slower than one here: documents come back from them as bytes, one by one (measured apart on 5,000 of the texts, with a fifth of the gazetteer: 0.28 ms a text to find the spans, 0.78 ms to write the document and 0.79 ms to read it again). Who splits the texts by hand and sends back spans alone could halve EntityRuler's clock at best: {median(ruler["seconds"]) * scale / median(base["seconds"]) / 2:.0f} times ours. Ours is one process with a thread a processor, and took {median(base["processor"]) / median(base["seconds"]):.1f} processors.
"""


if __name__ == "__main__":
    if sys.argv[1:2] == ["ours"]:
        print(json.dumps(ours(Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        main()
