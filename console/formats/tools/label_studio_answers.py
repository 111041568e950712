"""One answer in Label Studio: the controls that ask for it, and what is chosen or marked in them."""

from html import escape
from typing import Any

from console.formats.tools.label_studio_export import DOUBT, NONE, chosen_of
from console.formats.tools.label_studio_spans import marked_in, regions_of
from labeling.kinds.kind import AnswerError, Kind
from labeling.kinds.registry import SINGLE
from resources.reviews.rows import ReviewError

OURS = "touchstone"
LABEL, NOTE = "label", "note"
"""Names of the controls beside :data:`DOUBT` in the labelling interface."""


def labeling_config(classes: list[str], *, image: bool = False, kind: Kind = SINGLE) -> str:
    """Return the labelling interface (XML) for these classes.

    Parameters
    ----------
    classes : list of str
    image : bool
        Whether items may have an image; it is shown above the text.
    kind : Kind
        Whether the text is marked, several choices may be made, and none of them be an answer.

    Examples
    --------
    >>> '<Choice value="A &amp; B"/>' in labeling_config(["A & B", "C"])
    True
    """
    words = '<Text name="{}" value="$text"/>'
    names = [escape(name) for name in classes]
    if kind.marks_text:
        # else several blanks are shown as one, and it is not seen what is marked
        shown = f"<Style>.htx-text{{white-space:pre-wrap}}</Style>{words.format('item')}"
        shown = ('<Image name="picture" value="$image" zoom="true"/>' if image else "") + shown
        labels = "".join(f'<Label value="{name}"/>' for name in names)
        asked = f'<Labels name="{LABEL}" toName="item">{labels}</Labels>{shown}'
    else:
        shown = (
            f'<Image name="item" value="$image" zoom="true"/>{words.format("words")}'
            if image
            else words.format("item")
        )
        choices = "".join(f'<Choice value="{name}"/>' for name in names)
        style = "multiple" if kind.many else "single"
        asked = (
            f'{shown}<Choices name="{LABEL}" toName="item" choice="{style}" showInline="true">'
            f"{choices}</Choices>"
        )
    none = "" if kind.nothing is None else f'<Choice value="{NONE}"/>'
    return (
        f"<View>{asked}"
        f'<Choices name="{DOUBT}" toName="item">{none}<Choice value="unsure"/><Choice value="skip"/></Choices>'
        f'<TextArea name="{NOTE}" toName="item" maxSubmissions="1"/></View>'
    )


def predictions(
    suggestion: str | None, kind: Kind = SINGLE, text: str = ""
) -> list[dict[str, Any]]:
    """Return the machine's answer as Label Studio shows it beforehand, in the item's text."""
    if suggestion is None:
        return []
    return [{"model_version": OURS, "result": results_of(suggestion, kind, text)}]


def results_of(answer: str, kind: Kind, text: str) -> list[dict[str, Any]]:
    """Return the results that show an answer; at least one."""
    if kind.marks_text and answer != kind.nothing:
        return regions_of(answer, text, LABEL)
    names = () if kind.marks_text else kind.named(answer)
    control, choices = (LABEL, list(names)) if names else (DOUBT, [NONE])
    return [region(control, "choices", {"choices": choices})]


def region(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return one result of a control."""
    return {"from_name": name, "to_name": "item", "type": kind, "value": value}


def said_in(results: list[dict[str, Any]], where: str, kind: Kind, text: str) -> dict[str, Any]:
    """Return outcome, label and note of an annotation's results.

    Raises
    ------
    ReviewError
        If they contradict each other, or are no answer; starts with ``where``.
    """
    chosen = chosen_of(results)
    doubt = chosen.get(DOUBT, ())
    control = _control(chosen)
    labels = _marked(results, where, text) if kind.marks_text else chosen.get(control, ())
    if labels and NONE in doubt and (kind.many or kind.marks_text):
        named = [name for one in labels for name in kind.named(one)]
        raise ReviewError(
            f"{where}: says {', '.join(named)} and {NONE} at once; one of them is meant"
        )
    label = None
    if labels or doubt in ((), (NONE,)):
        try:
            label = kind.nothing if kind.marks_text and not labels else kind.chosen(labels)
        except AnswerError as error:
            raise ReviewError(f"{where}: {control} {error}") from None
    notes = [r.get("value") or {} for r in results if r.get("from_name") == NOTE]
    return {
        "outcome": "label" if label is not None else (doubt or ("skip",))[0],
        "label": label,
        "note": "\n".join(one for value in notes for one in value.get("text") or []),
    }


def _control(chosen: dict[str, tuple[str, ...]]) -> str:
    others = [name for name in chosen if name != DOUBT]
    return LABEL if LABEL in chosen or len(others) != 1 else others[0]


def _marked(results: list[dict[str, Any]], where: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(marked_in(results, {"text": text}).values())
    except ValueError as error:
        raise ReviewError(f"{where}: {error}") from None
