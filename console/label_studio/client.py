"""A running Label Studio by its API: the project of a task, its tasks and what people answered."""

from types import TracebackType
from typing import Any

import httpx

from console.formats.tools.label_studio_answers import labeling_config
from console.label_studio.choices import NoChoicesError, with_choices
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from resources.reviews.rows import ReviewError

PAGE = 100


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

    def project(
        self, title: str, classes: list[str], *, image: bool = False, kind: Kind = SINGLE
    ) -> int:
        """Return the id of the project with this title, made if there is none.

        Its choices, and whether several may be made, are brought in step with the classes; the rest of its page is left as it is. What
        cannot be done is said in ``note``.
        """
        page: dict[str, Any] = self._call(
            "GET", "/api/projects", params={"title": title, "page_size": PAGE}
        )
        for found in page["results"]:
            if found["title"] == title:
                self._follow(found, classes, kind)
                return int(found["id"])
        config = labeling_config(classes, image=image, kind=kind)
        made = self._call("POST", "/api/projects", json={"title": title, "label_config": config})
        return int(made["id"])

    def _follow(self, project: dict[str, Any], classes: list[str], kind: Kind) -> None:
        """Let the choices of a project be these classes; those that annotations use may have to stay."""
        address, config = f"/api/projects/{project['id']}/", str(project.get("label_config"))
        try:
            wanted, wider = (
                with_choices(config, classes, keep=keep, kind=kind) for keep in (False, True)
            )
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
