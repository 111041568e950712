"""Reviewing in a running Label Studio: push what waits, pull what was annotated.

What is pushed is leased to Label Studio like to a person, so that the console does not hand it out
at the same time, audits come mixed in, and nothing in a task tells one from another.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from console.formats.tools.label_studio import OURS, image_data, labeling_config, read_annotation
from console.label_studio_choices import NoChoicesError, with_choices
from labeling.counted import counted
from resources.reviews.reading.exchange import held, lease_of
from resources.reviews.rows import ReviewError
from resources.reviews.store import ReviewStore
from resources.reviews.writing.leases import HandOut, Mix

HOLDER = "label-studio"
"""Who holds the leases of pushed items."""

LEASE_S = 14 * 86_400.0
"""How long Label Studio may keep an item, in seconds."""

PAGE = 100

LARGEST_REQUEST = 20_000_000
"""Characters of texts and images in one request."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What one synchronisation did."""

    pushed: int
    pulled: int
    waiting: int
    note: str = ""

    def __str__(self) -> str:
        """Tell it in a sentence."""
        return (
            f"pulled {counted(self.pulled, 'new answer')} from Label Studio and pushed {counted(self.pushed, 'item')}; "
            f"{self.waiting} wait there{self.note and '; '}{self.note}"
        )


class LabelStudio:
    """A Label Studio by its API.

    Parameters
    ----------
    url : str
        Where it runs.
    token : str
        A personal access token, or a legacy token.
    transport : httpx.BaseTransport, optional
        For tests.
    """

    def __init__(
        self, url: str, token: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.note = ""
        """What the user has to do in Label Studio; empty where nothing."""
        self._http = httpx.Client(base_url=url, timeout=60, transport=transport)
        kind = "Token"
        # Personal access tokens are JWTs that have to be exchanged for short-lived ones.
        if token.count(".") == 2:
            token = self._call("POST", "/api/token/refresh", json={"refresh": token})["access"]
            kind = "Bearer"
        self._http.headers["authorization"] = f"{kind} {token}"

    def __enter__(self) -> "LabelStudio":
        """Use it for the length of a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._http.close()

    def project(self, title: str, classes: list[str], *, image: bool = False) -> int:
        """Return the id of the project with this title, made if there is none.

        Its choices are brought in step with the classes; the rest of its page is left as it is. What
        cannot be done is said in ``note``.
        """
        page: dict[str, Any] = self._call(
            "GET", "/api/projects", params={"title": title, "page_size": PAGE}
        )
        for found in page["results"]:
            if found["title"] == title:
                self._follow(found, classes)
                return int(found["id"])
        config = labeling_config(classes, image=image)
        made = self._call("POST", "/api/projects", json={"title": title, "label_config": config})
        return int(made["id"])

    def _follow(self, project: dict[str, Any], classes: list[str]) -> None:
        """Let the choices of a project be these classes; those that annotations use may have to stay."""
        address, config = f"/api/projects/{project['id']}/", str(project.get("label_config"))
        try:
            wanted, wider = (with_choices(config, classes, keep=keep) for keep in (False, True))
        except NoChoicesError as error:
            self.note = (
                f"the choices of project {project['title']!r} are not kept in step with the classes: "
                f"its labelling interface is not ours ({error}); let it offer {', '.join(classes)}"
            )
            return
        if wanted == config:
            return
        try:
            self._call("PATCH", address, json={"label_config": wanted})
        except ReviewError as error:
            if wider != config:
                self._call("PATCH", address, json={"label_config": wider})
            self.note = (
                f"Label Studio keeps choices in project {project['title']!r} that are no class any "
                f"more, and says why: {error}; what is answered with them is read as the class that "
                f"it is today. Take them out there: the classes are {', '.join(classes)}"
            )

    def add(self, project: int, tasks: list[dict[str, Any]]) -> None:
        """Import tasks."""
        self._call("POST", f"/api/projects/{project}/import", json=tasks)

    def annotated(self, project: int) -> list[dict[str, Any]]:
        """Return the tasks that somebody annotated, with their annotations."""
        return self._call(
            "GET",
            f"/api/projects/{project}/export",
            params={"exportType": "JSON", "download_all_tasks": "false"},
        )

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise ReviewError(
                f"Label Studio at {self._http.base_url} cannot be reached: {error}", "unreachable"
            ) from error
        if response.is_error:
            raise ReviewError(
                f"Label Studio answered {method} {path} with {response.status_code}: "
                f"{response.text[:300]}",
                "label_studio",
            )
        return response.json()


def sync(
    store: ReviewStore,
    studio: LabelStudio,
    project: int,
    *,
    keep: int = 50,
    audit_rate: float = 0.2,
    suggestions: bool = False,
    images: Path | None = None,
) -> Synced:
    """Pull what was annotated, then push until ``keep`` items wait in Label Studio.

    Running it again, or after it broke off, stores nothing twice.

    Parameters
    ----------
    suggestions : bool
        Whether queue items carry the machine's label as a pre-annotation; audits never do.
    images : Path, optional
        The task's image folder, if its items may have images: they are sent along, for Label Studio
        can open nothing there.
    """
    pulled = pull(store, studio, project)
    waiting = held(store, HOLDER)
    pushed = 0
    if waiting < keep:
        pushed = push(
            store,
            studio,
            project,
            keep - waiting,
            audit_rate=audit_rate,
            suggestions=suggestions,
            images=images,
        )
    return Synced(pushed, pulled, waiting + pushed, studio.note)


def push(
    store: ReviewStore,
    studio: LabelStudio,
    project: int,
    count: int,
    *,
    audit_rate: float = 0.2,
    suggestions: bool = False,
    images: Path | None = None,
) -> int:
    """Lease up to ``count`` items to Label Studio and import them there; returns how many."""
    # Hidden gold and overlaps need to know the person; here they are one holder.
    mix = Mix(audit=audit_rate, check=0, overlap=0, hints=0.5 if suggestions else 0)
    handed = store.hand_out(HOLDER, count, mix=mix, lease_s=LEASE_S)
    if not handed:
        return 0
    sent = 0
    try:
        for part in _parcels([_task(item, images) for item in handed]):
            studio.add(project, part)
            sent += len(part)
    except ReviewError:
        store.give_back(HOLDER, [item.lease for item in handed[sent:]])
        raise
    return len(handed)


def pull(store: ReviewStore, studio: LabelStudio, project: int) -> int:
    """Store the annotations of pushed items as reviews; returns how many are new."""
    before = store.reviews().num_rows
    for task in studio.annotated(project):
        ours = (task.get("data") or {}).get(OURS)
        if not ours:
            continue
        lease = lease_of(store, HOLDER, ours.get("lease"))
        if lease is None:
            continue
        origin, shown = lease
        where = f"Label Studio, project {project}, task {task.get('id')}"
        said = [
            read_annotation(annotation, ours["item_id"], ours["batch"], origin, where)[1]
            for annotation in task.get("annotations") or []
        ]
        store.record_many(replace(review, lease=ours["lease"], shown=shown) for review in said)
        if said:
            store.give_back(HOLDER, [ours["lease"]])
    return store.reviews().num_rows - before


def _parcels(tasks: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut tasks into requests that are not too large: images stand in them."""
    part: list[dict[str, Any]] = []
    size = 0
    for task in tasks:
        own = len(task["data"].get("image", "")) + len(task["data"]["text"])
        if part and size + own > LARGEST_REQUEST:
            yield part
            part, size = [], 0
        part.append(task)
        size += own
    if part:
        yield part


def _task(item: HandOut, images: Path | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "text": item.text,
        OURS: {"item_id": item.item_id, "batch": item.batch, "lease": item.lease},
    }
    if item.image is not None or images is not None:
        data |= image_data(item.image, images)
    task: dict[str, Any] = {"data": data}
    if item.suggestion is not None:
        value = {"choices": [item.suggestion]}
        region = {"from_name": "label", "to_name": "item", "type": "choices", "value": value}
        task["predictions"] = [{"model_version": OURS, "result": [region]}]
    return task
