"""What the ledger knows already of what a voter is about to ask."""

from collections.abc import Mapping, Sequence

from labeling.llm.backend import Backend
from labeling.llm.former import Former
from labeling.llm.ledger.ledger import Ledger, Stored
from labeling.llm.ledger.rows import question_key
from labeling.llm.prompts.content import Content

QUESTIONS = ("ask", "repair")


def answered_before(ledger: Ledger, kind: str) -> dict[str, str]:
    """Return the answers to a kind of question that is about no item, by key, in the order they came."""
    rows = ledger.execute(
        "select key, answer from calls where kind = ? and status = 'answered' order by done_at, id",
        (kind,),
    )
    return {row["key"]: row["answer"] or "" for row in rows}


def recall(
    ledger: Ledger,
    backends: Sequence[Backend],
    contents: Sequence[Content],
    samples: int,
    salt: str = "",
    former: Sequence[Former] = (),
) -> tuple[dict[str, Stored], Mapping[str, str]]:
    """Return the answers there are, and the provider's batches that others are to come from.

    Both by the key of the question; an answer that was given when the classes were others stands
    under the key that its question has today, the latest first.
    """
    asked = [
        (content.digest, backend, n, kind)
        for content in contents
        for backend in backends
        for n in range(samples)
        for kind in QUESTIONS
    ]
    keys = [backend.key(digest, n, kind, salt) for digest, backend, n, kind in asked]
    known, out = ledger.answers(keys), ledger.waiting(keys)
    texts = {content.digest: content.text for content in contents}
    stated = backends[0].prompt.settings.output.confidence == "stated"
    for then in reversed(former):
        same = {
            question_key(version, digest, n, kind, salt): (key, texts[digest])
            for digest, backend, n, kind in asked
            if (key := backend.key(digest, n, kind, salt)) not in known
            for version in then.versions_of(backend.prompt)
        }
        for key, answer in ledger.answers(same).items():
            today, text = same[key]
            if (read := then.read(answer, text, stated=stated)) is not None:
                known.setdefault(today, read)
        then_out = ledger.waiting(same)
        out = {**{same[key][0]: name for key, name in then_out.items()}, **out}
    return known, out
