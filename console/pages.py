"""The pages: review, adjudication, people, sign-in, and the published report."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from console.security import csrf_token
from console.settings import ConsoleSettings
from resources.reviews.reviewers import Person
from resources.reviews.store import ReviewStore

NONE = "'none'"
HERE = Path(__file__).parent
_MARKDOWN = MarkdownIt("js-default", {"html": False, "linkify": False})


def _as_link(tokens: Sequence[Token], at: int, *_: object) -> str:
    """Name a picture of the guidelines instead of loading it: pages load items' pictures alone."""
    token = tokens[at]
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(
        token.attrGet("src") or "", token.content or token.attrGet("src") or ""
    )


_MARKDOWN.renderer.rules["image"] = _as_link  # pyright: ignore[reportAttributeAccessIssue]
_SCRIPT = re.compile(
    rb"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL | re.IGNORECASE
)


class Pages:
    """The pages of one console."""

    def __init__(self, settings: ConsoleSettings, store: ReviewStore) -> None:
        self.settings = settings
        self.store = store
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # js-default never lets HTML through, so what it renders is safe to insert.
        self._guidelines = Markup(_MARKDOWN.render(settings.guidelines))  # noqa: S704

    def routes(self) -> list[Route | Mount]:
        """Return what to mount."""
        return [
            Route("/", self.review, methods=["GET"]),
            Route("/adjudicate", self.adjudicate, methods=["GET"]),
            Route("/people", self.people, methods=["GET"]),
            Route("/sign-in", self.sign_in, methods=["GET"]),
            Route("/dashboard", self.dashboard, methods=["GET"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ]

    async def review(self, request: Request) -> Response:
        """Show the review page; its items come by the JSON interface."""
        return self._page(request, "review.html", streams="review", classes=self.settings.classes)

    async def adjudicate(self, request: Request) -> Response:
        """Show the same page on what reviewers disagree about."""
        person: Person = request.state.person
        if not person.adjudicates:
            return self._page(
                request, "message.html", 403, message="Settling disagreements is for adjudicators."
            )
        return self._page(
            request, "review.html", streams="adjudicate", classes=self.settings.classes
        )

    async def people(self, request: Request) -> Response:
        """Show admins how well reviewers do on hidden gold, and how far they agree."""
        person: Person = request.state.person
        if person.role != "admin":
            return self._page(request, "message.html", 403, message="This page is for admins.")
        # scipy takes half a second to import, and only admins pay for it.
        from console.quality import people_quality

        quality = await run_in_threadpool(people_quality, self.store, self.settings.names)
        return self._page(request, "people.html", quality=quality)

    async def sign_in(self, request: Request) -> Response:
        """Ask for a token."""
        return self._page(request, "sign_in.html")

    async def dashboard(self, request: Request) -> Response:
        """Serve the published report as it stands."""
        report = self.settings.report_path
        if report is None or not report.is_file():
            return self._page(
                request,
                "message.html",
                404,
                message="No report is published yet; run the task first.",
            )
        body = await run_in_threadpool(report.read_bytes)
        return Response(
            body,
            media_type="text/html",
            headers={"content-security-policy": report_policy(body)},
        )

    def _page(self, request: Request, name: str, status: int = 200, **values: object) -> Response:
        session = request.state.session
        html = self._templates.get_template(name).render(
            settings=self.settings,
            person=request.state.person,
            csrf=csrf_token(session) if session else "",
            guidelines=self._guidelines,
            report=self.settings.report_path is not None and self.settings.report_path.is_file(),
            path=request.url.path,
            **values,
        )
        return HTMLResponse(html, status)


def report_policy(body: bytes) -> str:
    """Return a policy under which a report runs the scripts that it contains, and no other.

    A script may also stand as a JSON string that the page's own script starts later. Vega turns
    the charts' expressions into functions, which needs ``unsafe-eval``; the sandbox keeps all of it
    away from the console's pages and their session, and no connection can be opened.

    Examples
    --------
    >>> report_policy(b"<p>no script</p>").split("; ")[2]
    "script-src 'none'"
    """
    codes = [
        _code(found["attributes"], found["code"])
        for found in _SCRIPT.finditer(body)
        if b"src=" not in found["attributes"]
    ]
    hashes = {base64.b64encode(hashlib.sha256(code).digest()).decode() for code in codes}
    scripts = " ".join([*(f"'sha256-{h}'" for h in sorted(hashes)), "'unsafe-eval'"])
    return (
        "sandbox allow-scripts allow-downloads allow-popups; default-src 'none'; "
        f"script-src {scripts if hashes else NONE}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _code(attributes: bytes, code: bytes) -> bytes:
    if b"application/json" not in attributes:
        return code
    try:
        kept = json.loads(code)
    except ValueError:
        return code
    return kept.encode(errors="replace") if isinstance(kept, str) else code
