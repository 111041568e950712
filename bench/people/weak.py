"""Weak votes for each task, as a user would have them before the first review."""

import html
import re

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

from labeling.votes import ABSTAIN, Votes
from tasks import Task, read

SMS_RULES: tuple[tuple[str, int], ...] = (
    (r"\b(free|prize|won|winner|award(ed)?|cash|claim|guaranteed)\b", 1),
    (r"£|\bp/?min\b|\b\d{2,3}p\b|ppm", 1),
    (r"\b(urgent|txt|text .{1,12} to|reply|stop to|unsubscribe|ringtone|call now)\b", 1),
    (r"\b0\d{9,10}\b|\b\d{5}\b", 1),
    (r"www\.|http|\.com|\.co\.uk", 1),
    (r"\b(i'?m|i'?ll|ur|gonna|lol|ok|hey|love|home|sorry|dear|da|lor)\b", 0),
    (r"^.{1,40}$", 0),
)
"""Pattern, class (0 ham, 1 spam): what one writes after reading twenty messages."""


def bare(text: str) -> str:
    """Return letters and digits only: the two copies of the comments differ in the rest."""
    return re.sub(r"[\W_]+", "", html.unescape(re.sub(r"<[^>]+>", "", text)).lower())


def by_patterns(texts: list[str]) -> np.ndarray:
    compiled = [(re.compile(pattern, re.IGNORECASE), label) for pattern, label in SMS_RULES]
    return np.array(
        [[label if rx.search(text) else ABSTAIN for rx, label in compiled] for text in texts]
    )


def by_class_names(texts: list[str], names: list[str]) -> np.ndarray:
    """Vote for the class whose name shares most with the text, by words and by word stems."""
    columns = []
    for analyzer, ngrams in (("word", (1, 2)), ("char_wb", (3, 5))):
        vectors = TfidfVectorizer(
            analyzer=analyzer, ngram_range=ngrams, sublinear_tf=True, stop_words=None
        ).fit(texts + names)
        alike = (vectors.transform(texts) @ vectors.transform(names).T).toarray()
        best = alike.argmax(axis=1)
        columns.append(np.where(alike.max(axis=1) > 0.15, best, ABSTAIN))
    return np.column_stack(columns)


def weak_votes(task: Task) -> Votes:
    """Return the votes on the items of the pool, in its order."""
    frame = read(task.name)
    n_classes = int(task.y.max()) + 1
    texts = frame["text"].iloc[task.rows].tolist()
    if task.name == "raw_sms":
        matrix = by_patterns(texts)
    elif task.name == "raw_banking77":
        names = [str(name).replace("_", " ") for name in np.sort(frame["label"].unique())]
        matrix = by_class_names(texts, names)
    else:
        source = {"raw_trec": "wrench_trec", "raw_youtube_spam": "wrench_youtube"}
        other = read(source.get(task.name, task.name))
        voters = [column for column in other if column.startswith("lf_")]
        key, other_key = frame["id"], other["id"]
        if task.name == "raw_youtube_spam":
            key, other_key = frame["text"].map(bare), other["text"].map(bare)
        votes = other.set_axis(other_key)[voters]
        votes = votes[~votes.index.duplicated()]
        if task.name == "raw_trec":
            # Same classes, another order.
            names = pd.Series(["DESC", "ENTY", "HUM", "ABBR", "LOC", "NUM"])
            own = {k: i for i, k in enumerate(sorted(names))}
            votes = votes.replace({k: own[name] for k, name in enumerate(names)})
        matrix = votes.reindex(key.iloc[task.rows]).fillna(ABSTAIN).to_numpy(dtype=int)
    return Votes.from_matrix(matrix, n_classes)
