"""Console over real texts, for looking at it: ``python bench/console/demo.py PORT [spam|several|spans|banking|image|rtl]``."""

import json
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from console.app import create_app, serve
from console.settings import ClassInfo, ConsoleSettings
from labeling.kinds.registry import KINDS
from resources.reviews.rows import Assignment
from resources.reviews.store import ReviewStore

DATA = Path(__file__).parents[2].parent / "shared" / "data"

GUIDELINES = """
Label what the comment **does**, not what you think of it.

- A link to the author's own channel is spam, however polite.
- Praise with a link to the video itself is not.
- Not sure? Say so: somebody else will look.
"""


def settings(kind: str, folder: Path) -> ConsoleSettings:
    """Plan items of one kind and return the console's settings for them."""
    images = None
    if kind == "banking":
        table = pq.read_table(DATA / "raw_banking77" / "data.parquet").slice(0, 500)
        names = sorted(
            json.loads((DATA / "raw_banking77" / "meta.json").read_text())["label_counts"]
        )
        classes = [ClassInfo(n.replace("_", " ")) for n in names]
        texts = table["text"].to_pylist()
    elif kind == "image":
        images = DATA / "img_crackforest" / "tiles"
        classes = [
            ClassInfo("crack", "A crack runs through the tile."),
            ClassInfo("clean", "No crack."),
        ]
        texts = [*sorted(p.name for p in images.glob("*.jpg"))[:200], "gone.jpg"]
    elif kind == "rtl":
        classes = [
            ClassInfo("رأي", "رأي شخصي"),
            ClassInfo("خبر", "خبر صحفي"),
            ClassInfo("إعلان", "إعلان تجاري"),
        ]
        texts = [
            "أعلنت الشركة اليوم عن نتائجها المالية للربع الثالث، وقالت إن الأرباح ارتفعت بنسبة 12% (Reuters)."
        ] * 20
    elif kind == "spans":
        table = pq.read_table(DATA / "span_bc5cdr" / "spans.parquet").slice(0, 500)
        classes = [ClassInfo("Chemical", key="c"), ClassInfo("Disease", key="d")]
        texts = [" ".join(json.loads(tokens)) for tokens in table["tokens"].to_pylist()]
    elif kind == "several":
        classes = [ClassInfo(n) for n in ("praise", "question", "link", "asks for subscribers")]
        texts = pq.read_table(DATA / "raw_youtube_spam" / "data.parquet")["text"].to_pylist()
    else:
        table = pq.read_table(DATA / "raw_youtube_spam" / "data.parquet")
        classes = [
            ClassInfo("HAM", "Talks about the video, the song or the singer."),
            ClassInfo("SPAM", "Wants your click, your money or your subscription."),
        ]
        texts = table["text"].to_pylist()
    asked = KINDS[kind if kind in KINDS else "single"]
    names = [c.name for c in classes]
    store = ReviewStore(folder / "reviews.sqlite", kind=asked)
    store.plan(
        Assignment(
            item_id=str(i),
            batch="2015-06",
            origin="audit" if i % 5 == 0 else "queue",
            text="" if images else str(text),
            image=str(text) if images else None,
            probability=0.2 if i % 5 == 0 else None,
            context={
                "author": f"user{i}",
                "highlights": [{"start": 3, "end": 9, "rule": "has_link"}],
            },
            suggestion=None if kind == "spans" else asked.checked(names[i % 2], names),
        )
        for i, text in enumerate(texts)
    )
    store.close()
    return ConsoleSettings(
        task={
            "spam": "youtube_spam",
            "several": "youtube_comments",
            "spans": "chemicals_and_diseases",
            "banking": "banking77",
            "image": "road_cracks",
            "rtl": "أخبار",
        }[kind],
        classes=classes,
        store_path=folder / "reviews.sqlite",
        guidelines=GUIDELINES,
        image_root=images,
        blind=kind not in ("spam", "several", "spans"),
        kind=asked,
        seed=1,
    )


if __name__ == "__main__":
    port, kind = int(sys.argv[1]), (sys.argv[2:] or ["spam"])[0]
    serve(create_app(settings(kind, Path(tempfile.mkdtemp()))), port=port)
