"""Label Studio's JSON: tasks with our suggestion as a prediction and our reviews as annotations.

Label Studio shows class, doubt and note; what it has no field for (who, why, when, what was shown)
travels in the ``meta`` of the first region and in ``data.touchstone``, and comes back unchanged.
"""

import json
from html import escape
from pathlib import Path
from typing import Any

from console.formats.own.bundle import Bundle, Numbered, in_order, review_from_json, review_to_json
from console.formats.tools.label_studio_export import chosen_of, who
from console.images import as_url
from labeling.files.cells import as_text, parse_json
from labeling.items.batches import UNDATED
from resources.reviews.rows import Assignment, Review, ReviewError, read_context

OURS = "touchstone"
LABEL, DOUBT, NOTE = "label", "doubt", "note"
"""Names of the three controls in the labelling interface."""


def labeling_config(classes: list[str], *, image: bool = False) -> str:
    """Return the labelling interface (XML) for these classes.

    Parameters
    ----------
    classes : list of str
    image : bool
        Whether items may have an image; it is shown above the text.

    Examples
    --------
    >>> '<Choice value="A &amp; B"/>' in labeling_config(["A & B", "C"])
    True
    """
    words = '<Text name="{}" value="$text"/>'
    shown = (
        f'<Image name="item" value="$image" zoom="true"/>{words.format("words")}'
        if image
        else words.format("item")
    )
    choices = "".join(f'<Choice value="{escape(name)}"/>' for name in classes)
    return (
        f"<View>{shown}"
        f'<Choices name="{LABEL}" toName="item" choice="single" showInline="true">{choices}</Choices>'
        f'<Choices name="{DOUBT}" toName="item"><Choice value="unsure"/><Choice value="skip"/></Choices>'
        f'<TextArea name="{NOTE}" toName="item" maxSubmissions="1"/></View>'
    )


def to_tasks(bundle: Bundle, images: Path | None = None) -> list[dict[str, Any]]:
    """Turn a bundle into the tasks that Label Studio imports.

    Parameters
    ----------
    bundle : Bundle
    images : Path, optional
        The task's image folder: Label Studio cannot open what is in it, so it is sent along.
    """
    pictured = any(item.image is not None for item in bundle.assignments)
    return [
        {
            "data": {
                "text": assignments[0].text,
                **(image_data(assignments[0].image, images) if pictured else {}),
                OURS: {
                    "item_id": item_id,
                    "batch": batch,
                    **({"image": assignments[0].image} if pictured else {}),
                    "context": dict(assignments[0].context),
                    "suggestion": assignments[0].suggestion,
                    "assignments": [
                        {
                            "origin": a.origin,
                            "priority": a.priority,
                            "probability": a.probability,
                            "gold": a.gold,
                        }
                        for a in assignments
                    ],
                },
            },
            "predictions": _predictions(assignments[0]),
            "annotations": [_annotation(n, r) for n, r in reviews],
        }
        for (item_id, batch), assignments, reviews in bundle.by_item()
    ]


def from_tasks(tasks: list[dict[str, Any]], source: str = "Label Studio") -> Bundle:
    """Read exported tasks: ours come back as they were, other people's annotations as reviews.

    Raises
    ------
    ReviewError
        If a task or an annotation is not what it should be; names ``source``, task and field.
    """
    assignments: list[Assignment] = []
    reviews: list[Numbered] = []
    places: dict[tuple[str, str], str] = {}
    for number, task in enumerate(tasks):
        where = f"{source}, task {task.get('id', number)}"
        data = task.get("data")
        if not isinstance(data, dict):
            raise ReviewError(f"{where}: has no data")
        ours = data.get(OURS) or {
            "item_id": as_text(data.get("item_id")) or str(task.get("id", number)),
            "batch": as_text(data.get("batch")) or UNDATED,
            "assignments": [{"origin": "queue", "priority": 0.0}],
        }
        try:
            assignments += [
                Assignment(
                    item_id=ours["item_id"],
                    batch=ours["batch"],
                    text=str(data.get("text") or ""),
                    image=ours["image"] if "image" in ours else data.get("image") or None,
                    context=read_context(ours.get("context")),
                    suggestion=ours.get("suggestion"),
                    **planned,
                )
                for planned in ours["assignments"]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise ReviewError(f"{where}: {error}") from error
        places.setdefault((ours["item_id"], ours["batch"]), where)
        origin = str(ours["assignments"][0]["origin"])
        reviews += [
            read_annotation(annotation, ours["item_id"], ours["batch"], origin, where)
            for annotation in task.get("annotations") or []
        ]
    return Bundle(assignments, in_order(reviews), places)


def image_data(image: str | None, images: Path | None) -> dict[str, str]:
    """Return the field ``image`` of a task: an address, or the image itself as a ``data:`` URL.

    Every task of a project with images has it, else Label Studio refuses them all. It stays empty
    where there is no image or none that can be shown.
    """
    if image is None:
        return {"image": ""}
    if images is None:
        return {"image": image}
    try:
        return {"image": as_url(images, image)}
    except ReviewError:
        return {"image": ""}


def write_label_studio(bundle: Bundle, path: Path, images: Path | None = None) -> int:
    """Write a file that Label Studio imports and return how many tasks it has."""
    tasks = to_tasks(bundle, images)
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=1), encoding="utf-8")
    return len(tasks)


def read_label_studio(path: Path) -> Bundle:
    """Read a JSON export of Label Studio, or what :func:`write_label_studio` wrote.

    Raises
    ------
    ReviewError
        If the file is not a list of tasks, or as :func:`from_tasks`.
    """
    try:
        tasks = parse_json(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ReviewError(f"{path}: not JSON ({error})") from error
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise ReviewError(f"{path}: must be a list of tasks, as Label Studio's JSON export is")
    return from_tasks(tasks, str(path))


def read_annotation(
    annotation: dict[str, Any], item_id: str, batch: str, origin: str, where: str
) -> Numbered:
    """Read one annotation; ours by what we left in it, another one by what it says."""
    results = [r for r in annotation.get("result", []) if isinstance(r, dict)]
    said = _said(results, f"{where}, annotation {annotation.get('id')}")
    for result in results:
        kept = (result.get("meta") or {}).get(OURS)
        if kept is not None and _unchanged(kept, said):
            return review_from_json(item_id, batch, kept, where)
    if annotation.get("was_cancelled"):
        said |= {"outcome": "skip", "label": None}
    identity = annotation.get("unique_id") or annotation.get("id") or f"{item_id}/{batch}"
    return review_from_json(
        item_id,
        batch,
        {
            **said,
            "reviewer": f"label-studio/{who(annotation.get('completed_by'))}",
            "origin": origin,
            "seconds": max(0.0, float(annotation.get("lead_time") or 0.0)),
            "at": annotation.get("updated_at") or annotation.get("created_at"),
            "idempotency_key": f"label-studio/{identity}/{annotation.get('updated_at') or ''}",
            "shown": None,
        },
        f"{where}, annotation {annotation.get('id')}",
    )


def _annotation(number: int, review: Review) -> dict[str, Any]:
    results: list[dict[str, Any]] = []
    if review.label is not None:
        results.append(_region(LABEL, "choices", {"choices": [review.label]}))
    else:
        results.append(_region(DOUBT, "choices", {"choices": [review.outcome]}))
    if review.note:
        results.append(_region(NOTE, "textarea", {"text": [review.note]}))
    results[0]["meta"] = {OURS: review_to_json(number, review)}
    return {
        "result": results,
        "was_cancelled": review.outcome == "skip",
        "lead_time": review.seconds,
    }


def _predictions(assignment: Assignment) -> list[dict[str, Any]]:
    if assignment.suggestion is None:
        return []
    region = _region(LABEL, "choices", {"choices": [assignment.suggestion]})
    return [{"model_version": OURS, "result": [region]}]


def _region(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"from_name": name, "to_name": "item", "type": kind, "value": value}


def _said(results: list[dict[str, Any]], where: str) -> dict[str, Any]:
    chosen = chosen_of(results)
    others = [name for name in chosen if name != DOUBT]
    control = LABEL if LABEL in chosen or len(others) != 1 else others[0]
    labels = chosen.get(control, ())
    if len(labels) > 1:
        raise ReviewError(
            f"{where}: {control} holds {len(labels)} labels ({', '.join(labels)}), but an item has "
            f"one"
        )
    notes = [r.get("value") or {} for r in results if r.get("from_name") == NOTE]
    return {
        "outcome": "label" if labels else (chosen.get(DOUBT) or ("skip",))[0],
        "label": labels[0] if labels else None,
        "note": "\n".join(text for value in notes for text in value.get("text") or []),
    }


def _unchanged(kept: dict[str, Any], said: dict[str, Any]) -> bool:
    """Whether nobody edited in Label Studio what we had put there."""
    return all(kept.get(name) == said[name] for name in ("outcome", "label", "note"))
