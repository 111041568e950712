"""Label Studio's JSON: tasks with our suggestion as a prediction and our reviews as annotations.

Label Studio shows class, doubt and note; what it has no field for (who, why, when, what was shown)
travels in the ``meta`` of the first region and in ``data.touchstone``, and comes back unchanged.
"""

import json
from pathlib import Path
from typing import Any

from console.formats.own.bundle import Bundle, Numbered, in_order, review_from_json, review_to_json
from console.formats.tools.label_studio_answers import (
    NOTE,
    OURS,
    predictions,
    region,
    results_of,
    said_in,
)
from console.formats.tools.label_studio_export import DOUBT, who
from console.images import as_url
from labeling.files.cells import as_text, parse_json
from labeling.items.batches import UNDATED
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from resources.reviews.rows import Assignment, Review, ReviewError, read_context


def to_tasks(
    bundle: Bundle, images: Path | None = None, kind: Kind = SINGLE
) -> list[dict[str, Any]]:
    """Turn a bundle into the tasks that Label Studio imports.

    Parameters
    ----------
    bundle : Bundle
    images : Path, optional
        The task's image folder: Label Studio cannot open what is in it, so it is sent along.
    kind : Kind
        What an answer of the task is.
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
            "predictions": predictions(assignments[0].suggestion, kind, assignments[0].text),
            "annotations": [_annotation(n, r, kind, assignments[0].text) for n, r in reviews],
        }
        for (item_id, batch), assignments, reviews in bundle.by_item()
    ]


def from_tasks(
    tasks: list[dict[str, Any]], source: str = "Label Studio", kind: Kind = SINGLE
) -> Bundle:
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
            read_annotation(
                annotation,
                ours["item_id"],
                ours["batch"],
                origin,
                where,
                kind,
                str(data.get("text") or ""),
            )
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


def write_label_studio(
    bundle: Bundle, path: Path, images: Path | None = None, kind: Kind = SINGLE
) -> int:
    """Write a file that Label Studio imports and return how many tasks it has."""
    tasks = to_tasks(bundle, images, kind)
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=1), encoding="utf-8")
    return len(tasks)


def read_label_studio(path: Path, kind: Kind = SINGLE) -> Bundle:
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
    return from_tasks(tasks, str(path), kind)


def read_annotation(
    annotation: dict[str, Any],
    item_id: str,
    batch: str,
    origin: str,
    where: str,
    kind: Kind = SINGLE,
    text: str = "",
) -> Numbered:
    """Read one annotation; ours by what we left in it, another one by what it says of the text."""
    results = [r for r in annotation.get("result", []) if isinstance(r, dict)]
    said = said_in(results, f"{where}, annotation {annotation.get('id')}", kind, text)
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


def _annotation(number: int, review: Review, kind: Kind, text: str) -> dict[str, Any]:
    results: list[dict[str, Any]] = []
    if review.label is not None:
        results += results_of(review.label, kind, text)
    else:
        results.append(region(DOUBT, "choices", {"choices": [review.outcome]}))
    if review.note:
        results.append(region(NOTE, "textarea", {"text": [review.note]}))
    results[0]["meta"] = {OURS: review_to_json(number, review)}
    return {
        "result": results,
        "was_cancelled": review.outcome == "skip",
        "lead_time": review.seconds,
    }


def _unchanged(kept: dict[str, Any], said: dict[str, Any]) -> bool:
    """Whether nobody edited in Label Studio what we had put there."""
    return all(kept.get(name) == said[name] for name in ("outcome", "label", "note"))
