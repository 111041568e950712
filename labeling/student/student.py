"""The student: any features, soft labels in, probabilities out.

Texts: :mod:`labeling.student.text`. Images: :mod:`labeling.student.image`.
"""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline

from labeling.errors import LabelingError
from labeling.gold import Gold
from labeling.student.learning.correction import corrected
from labeling.student.learning.lesson import Lesson, make_lesson
from labeling.student.learning.selection import SELECTIONS
from labeling.student.learning.soft import as_classifier, soft_logistic
from labeling.student.learning.stochastic import stochastic_logistic
from labeling.student.learning.tricks import TRICKS, Prepared

GOLD_PENALTY = 0.1
"""L2 penalty of what gold changes, see :mod:`labeling.student.learning.correction`."""

COPY_WEIGHT = 0.5
"""Weight of an altered copy, as a share of the weight of its item."""

MANY = 2_000
"""Items from which on they are learnt from by :mod:`labeling.student.learning.stochastic`: up to here letters,
altered copies and a full search are affordable, and beyond they are no better."""

BLANK = 0.3
"""Share of a text's terms that each look at it leaves out, where there are many."""

PENALTY = 0.3
"""L2 penalty in rows of weight 1: TF-IDF rows have length 1, so coefficients are large."""


class Student(ClassifierMixin, BaseEstimator):
    """A classifier that learns from consensus posteriors and from gold.

    A subclass says what an item looks like (:meth:`_features`) and how to alter it lightly
    (:meth:`_altered`). Fitted it is ``pipeline_``: a scikit-learn pipeline that holds no code of
    this package (see :mod:`labeling.student.export`).

    Parameters
    ----------
    n_classes : int
        At least 2.
    random_state : int
        Seed of the altered copies, the only chance there is.
    classes : sequence of str, optional
        Names in class order, which :meth:`predict` answers with; indices without them.
    copies : bool
        Train on lightly altered copies of the labelled items too; of more than :data:`MANY`, on
        the items with some of their features left out, where that makes sense.
    consistency, self_training, spreading : bool
        Learn from the unlabelled items as well, see :mod:`labeling.student.learning.tricks`. Off by
        default: :func:`labeling.student.switches.choose` asks gold.
    subset, weighting : bool
        Learn from some items with a vote alone, or by how sure the voters are, see
        :mod:`labeling.student.learning.selection`. Off by default, too.
    penalty : float
        L2 penalty, see :func:`labeling.student.learning.soft.soft_logistic`.

    Attributes
    ----------
    pipeline_ : Pipeline
        Features, then a logistic regression on class indices.
    n_trained_, n_gold_ : int
        Items whose consensus, and whose gold, was learnt from.
    """

    reads: ClassVar[str] = "items"
    """What its items are: the name of the first step of an exported student."""

    blank: ClassVar[float] = 0.0
    """Share of the features that each look at one of many items leaves out."""

    def __init__(
        self,
        n_classes: int,
        random_state: int = 0,
        classes: Sequence[str] | None = None,
        *,
        copies: bool = True,
        consistency: bool = False,
        self_training: bool = False,
        spreading: bool = False,
        subset: bool = False,
        weighting: bool = False,
        penalty: float = PENALTY,
    ) -> None:
        self.n_classes = n_classes
        self.random_state = random_state
        self.classes = classes
        self.copies = copies
        self.consistency = consistency
        self.self_training = self_training
        self.spreading = spreading
        self.subset = subset
        self.weighting = weighting
        self.penalty = penalty

    def fit(
        self,
        items: Any,
        posteriors: NDArray[np.float64],
        gold: Gold | None = None,
        weights: NDArray[np.float64] | None = None,
        held_out: NDArray[np.int64] | None = None,
    ) -> Self:
        """Learn from the consensus of the covered items and from gold.

        Parameters
        ----------
        items : n items
            Texts, or an array of images, as the subclass has it.
        posteriors : float array of shape (n, n_classes)
            The label model's probabilities; rows sum to 1.
        gold : Gold, optional
            Reviewed labels; they correct what the voters taught. A learning queue may teach here.
        weights : float array of shape (n,), optional
            0 for items on which no voter spoke (their posterior is only the prior); 1 for all
            by default. Gold counts whatever its weight here.
        held_out : int array, optional
            Items whose label must not be learnt in any form: the audit of the batch that this
            student will be judged on. Their gold *and* their posterior are left out.

        Raises
        ------
        LabelingError
            If shapes differ, posteriors are not probabilities or nothing is left to learn from.
        """
        lesson = make_lesson(len(items), self.n_classes, posteriors, gold, weights, held_out)
        return self.learn(self.prepare(items), lesson)

    def prepare(self, items: Any) -> Prepared:
        """Turn items and their altered copies into features, once for many fits."""
        features = self._features(items)
        x = sparse.csr_matrix(features.fit_transform(items))
        if not self.alters(len(items)):
            return Prepared(features, x, x)
        rng = np.random.default_rng(self.random_state)
        copies = sparse.csr_matrix(features.transform(self._altered(items, rng)))
        return Prepared(features, x, copies)

    def alters(self, n_items: int) -> bool:
        """Tell whether so many items are learnt from beside altered copies of them."""
        return self.copies and n_items <= MANY

    def learn(self, prepared: Prepared, lesson: Lesson, plain: Any = None) -> Self:
        """Fit on features: first what the voters teach, then what gold corrects.

        ``plain`` is what :meth:`from_voters` made of the same without trick or selection, if that
        is known.

        Raises
        ------
        LabelingError
            If there is nothing to learn from.
        """
        item = lesson.gold_item
        taught = self.from_voters(prepared, lesson, plain)
        model = self.correct(prepared, taught, item, lesson.gold_label)
        self.pipeline_ = Pipeline([("features", prepared.features), ("classifier", model)])
        self.classes_ = np.asarray(
            self.classes if self.classes is not None else np.arange(self.n_classes)
        )
        self.n_trained_ = int(np.count_nonzero(lesson.rows))
        self.n_gold_ = len(item)
        return self

    def correct(
        self, prepared: Prepared, model: Any, item: NDArray[np.int64], label: NDArray[np.int32]
    ) -> Any:
        """Return a classifier with what gold of some items corrects; the same without gold.

        Raises
        ------
        LabelingError
            If there is nothing to learn from: no model, and no gold.
        """
        if not len(item):
            if model is None:
                raise LabelingError(
                    f"none of the {prepared.x.shape[0]} items has a label to learn from: no voter "
                    f"spoke and there is no gold; add a rule that fires, or review some items"
                )
            return model
        x, weight = prepared.x[item], np.ones(len(item))
        if prepared.copies is not prepared.x:
            x = sparse.vstack([x, prepared.copies[item]])
            label = np.concatenate([label, label])
            weight = np.concatenate([weight, COPY_WEIGHT * weight])
        return corrected(model, x, label, weight, self.n_classes, GOLD_PENALTY)

    def from_voters(self, prepared: Prepared, lesson: Lesson, plain: Any = None) -> Any:
        """Return a classifier taught by the consensus alone; ``None`` where nobody voted.

        ``plain`` is the one without trick or selection, if it is known.
        """
        if not np.any(lesson.rows > 0):
            return None
        rows = lesson.rows
        for selection in SELECTIONS:
            if getattr(self, selection):
                rows = SELECTIONS[selection](prepared, lesson.targets, rows)
        model = plain
        if plain is None or rows is not lesson.rows:
            model = self._step(prepared, lesson.targets, rows, rows, plain)
        for trick in TRICKS:
            if getattr(self, trick):
                said = model.predict_proba(prepared.x)
                taught = TRICKS[trick](prepared, lesson.targets, rows, said)
                model = self._step(prepared, *taught, model)
        return model

    def _step(
        self,
        prepared: Prepared,
        targets: NDArray[np.float64],
        rows: NDArray[np.float64],
        copied: NDArray[np.float64],
        start: Any = None,
    ) -> Any:
        if prepared.copies is prepared.x:
            weights = np.maximum(rows, COPY_WEIGHT * copied) if self.copies else rows
            if len(weights) <= MANY:
                return soft_logistic(prepared.x, targets, weights, self.penalty, start)
            return stochastic_logistic(
                prepared.x,
                targets,
                weights,
                self.penalty,
                blank=self.blank if self.copies else 0.0,
                seed=self.random_state,
            )
        return soft_logistic(
            sparse.csr_matrix(sparse.vstack([prepared.x, prepared.copies])),
            np.vstack([targets, targets]),
            np.concatenate([rows, COPY_WEIGHT * copied]),
            self.penalty,
            start,
        )

    def predict_proba(self, items: Any) -> NDArray[np.float64]:
        """Return probabilities of shape (n, n_classes)."""
        return np.asarray(self.pipeline_.predict_proba(items), dtype=np.float64)

    def read(self, items: Any) -> sparse.csr_matrix:
        """Turn items into features of shape (n, d), as this fitted student sees them."""
        return sparse.csr_matrix(self.pipeline_.named_steps["features"].transform(items))

    def judge(self, x: sparse.csr_matrix) -> NDArray[np.float64]:
        """Return probabilities of shape (n, n_classes) for features of shape (n, d)."""
        model = self.pipeline_.named_steps["classifier"]
        return np.asarray(model.predict_proba(x), dtype=np.float64)

    def predict(self, items: Any) -> NDArray[Any]:
        """Return the most probable class of each item, by name where there are names."""
        return self.classes_[np.argmax(self.predict_proba(items), axis=1)]

    def cool(self, temperature: float) -> Self:
        """Divide all logits by a temperature (> 0) for good: above 1 it is less sure of itself."""
        model = self.pipeline_.named_steps["classifier"]
        cooled = as_classifier(
            model.coef_ / temperature, model.intercept_ / temperature, self.n_classes
        )
        self.pipeline_ = Pipeline(
            [("features", self.pipeline_.named_steps["features"]), ("classifier", cooled)]
        )
        return self

    def _features(self, items: Any) -> Any:
        """Return an unfitted transformer that fits these items."""
        raise NotImplementedError

    def _altered(self, items: Any, rng: np.random.Generator) -> Any:
        """Return one lightly altered copy of each item."""
        raise NotImplementedError
