"""What a kind has to say, and nothing else in the product needs to know.

An answer travels as one text: through the ledger, votes, reviews, gold and published files. A kind
writes equal answers as equal texts, so that whatever compares, counts or joins answers need not
know what is in them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labeling.errors import LabelingError
from labeling.kinds.asking import Form, Reader, Token
from labeling.kinds.classes import ClassSpec
from labeling.kinds.units import Units

UNDECIDED = -1
"""Index of an answer where there is none: an abstention, an undecided unit, a class that is gone."""


class AnswerError(LabelingError):
    """An answer is none that the kind allows."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers of voters or people about items; each text is there once, to be read once.

    Parameters
    ----------
    item : int array of shape (n_rows,)
        Which item each answer is about.
    said : int array of shape (n_rows,)
        What was said: an index into ``texts``.
    texts : sequence of str
    """

    item: NDArray[np.int64]
    said: NDArray[np.int32]
    texts: Sequence[str]

    @classmethod
    def of(cls, item: Sequence[int], texts: Sequence[str]) -> "Answers":
        """Return one answer after the other."""
        return cls(np.array(item, dtype=np.int64), np.arange(len(texts), dtype=np.int32), texts)


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Answers about items as votes on units.

    Parameters
    ----------
    row, unit : int arrays of shape (n_votes,)
        Which answer, counted from 0, says something of which unit.
    label : int array of shape (n_votes,)
        What it says: an index into the answers of a question.
    """

    row: NDArray[np.int64]
    unit: NDArray[np.int64]
    label: NDArray[np.int32]


class Kind(ABC):
    """What is asked about an item: its questions, how they are put, and what answers mean.

    ``classes`` are always those of the task, in the order of their indices.
    """

    name: ClassVar[str]
    """As ``task.yaml`` says it."""

    page: ClassVar[str]
    """The part of the review page that turns keys and clicks into answers: ``PAGE.js`` and ``PAGE.html``
    in ``kinds/`` of the console's ``static/`` and ``templates/``."""

    weighs_tokens: ClassVar[bool] = True
    """Whether log-probabilities of an answer's tokens tell how sure a model was."""

    room: ClassVar[int] = 64
    """Tokens that a model's answer is given where a prompt says nothing."""

    page_keys: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Keys that this part keeps from classes, and what each does."""

    many: ClassVar[bool] = False
    """Whether an answer names any number of classes: files then keep it as a list."""

    marks_text: ClassVar[bool] = False
    """Whether an answer is about stretches of the item's text, and means nothing beside another."""

    @property
    def nothing(self) -> str | None:
        """The answer that no class applies; None where that is no answer."""
        return None

    def meaning(self) -> tuple[object, ...]:
        """Return what else than the classes an answer depends on; part of a prompt's version."""
        return (self.name,)

    # Units

    @abstractmethod
    def answers(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Return what one question may be answered with: the meaning of each label of a vote."""

    def composed(self, classes: Sequence[str]) -> bool:
        """Tell whether answers are put together, and not each a class."""
        return len(self.questions(classes)) > 1 or self.marks_text

    def questions(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Name the questions that every item is asked, in the order of their numbers.

        A lone question needs no name.
        """
        del classes
        return ("",)

    def marks(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Return what a rule may vote for: texts that :meth:`cast` reads."""
        return tuple(classes)

    @abstractmethod
    def units(self, n_items: int, rows: Answers, classes: Sequence[str]) -> Units:
        """Make a number for each question about some items; a kind may add to what numbers say.

        Parameters
        ----------
        n_items : int
        rows : Answers
            Of voters and people; a kind whose questions are proposed takes them from here.
        classes : sequence of str
        """

    @abstractmethod
    def cast(self, units: Units, rows: Answers, classes: Sequence[str]) -> Cast:
        """Take answers about items apart into votes on ``units``; what names no class says nothing."""

    def heard(self, units: Units, voted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which units may be answered, given on which somebody voted; both (n_units,)."""
        del units
        return voted

    @abstractmethod
    def assemble(
        self,
        units: Units,
        label: NDArray[np.integer],
        posterior: NDArray[np.float64],
        classes: Sequence[str],
    ) -> list[str | None]:
        """Put the answers of units together.

        Parameters
        ----------
        units : Units
        label : int array of shape (n_units,)
            The likeliest answer of each; :data:`UNDECIDED` where there is none.
        posterior : float array of shape (n_units, n_answers)
            What is believed of each, for a kind whose answers exclude each other.
        classes : sequence of str

        Returns
        -------
        list of str or None
            A text an item, None if undecided.
        """

    @abstractmethod
    def certainty(self, units: Units, confidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how sure each item's answer is, from how sure each unit's is; both 0..1.

        An item without a unit is sure: nobody proposed anything.
        """

    def by_class(self, posterior: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
        """Return how likely each class is of each item, shape (n_items, n_classes), as tables have it.

        ``posterior`` is of the units of whole items, shape (n_units, n_answers).
        """
        del n_classes
        return posterior

    def believed(self, by_class: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the posterior of the units, back from :meth:`by_class`."""
        return by_class

    # Models

    @abstractmethod
    def instruction(self, form: Form, classes: Sequence[ClassSpec]) -> str:
        """Tell a model how to answer."""

    @abstractmethod
    def schema(self, form: Form, classes: Sequence[ClassSpec]) -> dict[str, Any]:
        """Return the JSON schema of a model's answer."""

    @abstractmethod
    def example(self, form: Form, answer: str, text: str = "") -> str:
        """Write the answer to an example with this text as a model is to write its own."""

    @abstractmethod
    def reader(self, classes: Sequence[ClassSpec]) -> Reader:
        """Return what reads models' answers."""

    @abstractmethod
    def confidence(
        self, tokens: Sequence[Token], answer: str, classes: Sequence[ClassSpec]
    ) -> float | None:
        """Return how sure a model was of what was read from its tokens, in (0, 1]; None if unknown."""

    # People, and whoever else writes an answer down

    @abstractmethod
    def named(self, answer: str) -> tuple[str, ...]:
        """Return the classes that an answer names."""

    def chosen(self, names: Sequence[str]) -> str | None:
        """Return the answer of somebody who chose some names elsewhere; None if that is none.

        Raises
        ------
        AnswerError
            If so many cannot be chosen.
        """
        if len(names) > 1:
            raise AnswerError(
                f"holds {len(names)} labels ({', '.join(names)}), but an item has one. Export one "
                f"answer a person, or settle on one label each"
            )
        return names[0] if names else None

    @abstractmethod
    def checked(self, answer: str, classes: Collection[str]) -> str:
        """Return an answer in the one way it is written.

        Raises
        ------
        AnswerError
            If it is none; the message says what is allowed.
        """

    def misfit(self, answer: str, text: str) -> str | None:
        """Say why a checked answer cannot be about an item with this text; None if it can."""
        del answer, text

    def readable(self, answer: str, text: str) -> str:
        """Return an answer as people read it beside an item with this text."""
        del text
        return answer

    @abstractmethod
    def carried(self, answer: str, today: Callable[[str], str | None]) -> str | None:
        """Return what an answer means after classes changed; None where nobody can say.

        ``today`` says what became of a class: its name now, or None.
        """

    def mistaken(self, answer: str, classes: Sequence[str], rng: np.random.Generator) -> str:
        """Return what somebody could say by mistake: another answer, near this one."""
        return str(rng.choice([c for c in classes if c != answer]))

    # Quality

    def naming(self, answers: Sequence[str], classes: Sequence[str]) -> NDArray[np.bool_] | None:
        """Tell which classes each answer names, shape (n_answers, n_classes); None if one each."""
        del answers, classes
        return None

    @abstractmethod
    def wrong(
        self, given: NDArray[np.int32], gold: NDArray[np.int32], answers: Sequence[str]
    ) -> NDArray[np.bool_]:
        """Tell which answers are wrong.

        Parameters
        ----------
        given, gold : int arrays of one shape
            What was answered and what is so, as indices into ``answers``; :data:`UNDECIDED` for
            nothing. What is then returned does not matter.
        answers : sequence of str
            The text of each index, the classes first; what else was answered comes behind them.
        """

    def differ(
        self, given: Sequence[str], gold: Sequence[str], classes: Sequence[str]
    ) -> NDArray[np.bool_]:
        """Tell which of some written answers are wrong, shape (n_answers,)."""
        texts = list(dict.fromkeys((*classes, *given, *gold)))
        code = {text: at for at, text in enumerate(texts)}
        said, so = (np.array([code[one] for one in of], dtype=np.int32) for of in (given, gold))
        return self.wrong(said, so, texts)
