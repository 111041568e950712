"""What students and queues look at: the text of an item, or its picture."""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labeling.gold import Gold
from resources.models.vectors.embeddings import embedder
from resources.pictures import Pictures, read_pictures
from resources.task.task import Task

if TYPE_CHECKING:  # scikit-learn takes a second to import, and few steps need it
    from scipy import sparse

    from labeling.student.student import Student

NEWEST_PICTURES = 3_000
"""Pictures of earlier batches that are looked at, the newest: reading them takes longer than all else."""

COMPARED = 5_000
"""Items, at most, that are compared with each other letter by letter."""


@dataclass(frozen=True, slots=True, eq=False)
class StudentInputs:
    """Some items as a student takes them.

    Parameters
    ----------
    on : str
        ``text`` or ``image``.
    seen : bool array of shape (n_items,)
        Items that have what is looked at; of the others nothing is thought.
    items : sequence of str, or uint8 array of shape (n_seen, SIDE, SIDE, 3)
        The seen ones.
    unseen : dict of str to int
        Why the others are not, and how many.
    """

    on: str
    seen: NDArray[np.bool_]
    items: Any
    unseen: dict[str, int]

    @property
    def reads(self) -> str:
        """What a student that takes these items says that it reads."""
        return f"{self.on}s"

    def gold(self, gold: Gold) -> Gold:
        """Return gold of all items as gold of the seen ones, renumbered from 0."""
        place, keep = np.cumsum(self.seen) - 1, self.seen[gold.item]
        share = None if gold.probability is None else gold.probability[keep]
        return Gold(place[gold.item[keep]].astype(np.int64), gold.label[keep], share)


def student_inputs(
    task: Task,
    texts: Sequence[str],
    images: Sequence[str | None],
    current: NDArray[np.bool_] | None = None,
) -> StudentInputs:
    """Look at items as ``student.looks_at`` says.

    Parameters
    ----------
    task : Task
    texts, images : sequences
        What the items have, in the order of time.
    current : bool array of shape (n_items,), optional
        Items of the batch, which settle what ``auto`` is; all by default. Of pictures before them
        only the newest are looked at.
    """
    now = np.ones(len(texts), dtype=bool) if current is None else current
    if not any(images):
        return StudentInputs("text", np.ones(len(texts), dtype=bool), texts, {})
    blank = np.array([not text.strip() for text in texts], dtype=bool)
    pictured = np.array([bool(image) for image in images], dtype=bool)
    on = task.spec.student.looks_at
    if on == "auto":
        on = "image" if np.count_nonzero(now & pictured & blank) * 2 > np.sum(now) else "text"
    if on == "text":
        kept = [text for text, no in zip(texts, blank.tolist(), strict=True) if not no]
        why = {"no text": int(np.sum(blank & now))} if np.any(blank & now) else {}
        return StudentInputs(on, ~blank, kept, why)
    wanted = now.copy()
    wanted[np.flatnonzero(~now)[-NEWEST_PICTURES:]] = True
    found = read_pictures(task, [i if w else None for i, w in zip(images, wanted, strict=True)])
    why = Counter(why for why, own in zip(found.why, now, strict=True) if why and own)
    return StudentInputs(on, found.seen, found.pixels[found.seen], dict(why))


def new_student(task: Task, on: str) -> "Student":
    """Return an unfitted student of what is looked at, for one question of the task's kind."""
    answers = task.kind.answers(task.classes)
    if on == "image":
        from labeling.student.image import ImageStudent

        return ImageStudent(len(answers), classes=answers)
    from labeling.student.text import TextStudent

    embed = embedder(task)
    # an altered copy would be a new text to pay for
    return TextStudent(len(answers), classes=answers, embed=embed, copies=embed is None)


def features_of(inputs: StudentInputs) -> NDArray[np.float64]:
    """Return where images are near each other: one row an item, zeros for those not seen."""
    features = np.zeros((len(inputs.seen), 1))
    if inputs.seen.any():
        from labeling.student.image import image_features

        made = image_features(len(inputs.items), inputs.items.shape[1:])
        rows = made.fit_transform(inputs.items)
        features = np.zeros((len(inputs.seen), rows.shape[1]))
        features[inputs.seen] = rows
    return features


def alike(task: Task, texts: Sequence[str], images: Sequence[str | None]) -> "sparse.csr_matrix":
    """Find near-duplicates: the same text, the same picture, or both where an item has both.

    Returns
    -------
    csr_matrix of bool, shape (n_items, n_items)
        Symmetric, nothing on the diagonal. An item whose picture cannot be looked at is like no
        other that does not name the same picture.
    """
    from scipy import sparse

    from labeling.sampling.duplicates import near_duplicates

    if not any(images):
        return near_duplicates(texts)
    n = len(texts)
    blank = np.array([not text.strip() for text in texts], dtype=bool)
    pictured = np.array([bool(image) for image in images], dtype=bool)
    worded = np.flatnonzero(~blank)
    near = near_duplicates([texts[i] for i in worded.tolist()]).nonzero()
    left, right = (worded[ends] for ends in near)
    row, column = _same_pictures(read_pictures(task, images), images)
    both = blank[row] & blank[column]
    both |= np.isin(row * n + column, left * n + right)
    plain = ~pictured[left] & ~pictured[right]
    row, column = np.append(row[both], left[plain]), np.append(column[both], right[plain])
    return sparse.csr_matrix((np.ones(len(row), dtype=bool), (row, column)), shape=(n, n))


def twins(task: Task, texts: Sequence[str], images: Sequence[str | None]) -> NDArray[np.int64]:
    """Number the groups of near-duplicates, for folds to keep together; shape (n_items,).

    Of very many items only those are twins whose words, and whose small pictures, are the same:
    comparing each with its like takes longer than learning from all.
    """
    from labeling.sampling.duplicates import groups, same_words

    if len(texts) <= COMPARED:
        return groups(alike(task, texts, images))
    if not any(images):
        return same_words(texts)
    found = read_pictures(task, images)
    shown = [
        zlib.crc32(pixels.tobytes()) if seen else image
        for pixels, seen, image in zip(found.pixels, found.seen, images, strict=True)
    ]
    keys = list(zip(same_words(texts).tolist(), shown, strict=True))
    number = {key: at for at, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys], dtype=np.int64)


def _same_pictures(
    found: Pictures, images: Sequence[str | None]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return both ends of each pair: pictures that show the same, or are named the same."""
    from labeling.sampling.same_pictures import near_pictures

    at = np.flatnonzero(found.seen)
    row, column = near_pictures(found.pixels[at]).nonzero()
    pairs = set(zip(at[row].tolist(), at[column].tolist(), strict=True))
    named: dict[str, list[int]] = {}
    for place in np.flatnonzero(~found.seen).tolist():
        if images[place]:
            named.setdefault(str(images[place]), []).append(place)
    pairs |= {(a, b) for group in named.values() for a in group for b in group if a != b}
    ends = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]
