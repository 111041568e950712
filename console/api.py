"""The JSON interface: hand-outs, answers, leases, history, images."""

import json
from dataclasses import asdict
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import images, messages
from console.security import csrf_token, problem, session_cookie
from console.settings import ConsoleSettings
from labeling.kinds.kind import AnswerError
from labeling.pictures import is_address
from resources.reviews.reading import progress as review_progress
from resources.reviews.reviewers import Person, Reviewers
from resources.reviews.rows import ReviewError, read_context
from resources.reviews.store import ReviewStore
from resources.reviews.writing.answers import Answer, Reply
from resources.reviews.writing.leases import HandOut

LONGEST_BODY = 1_000_000
"""Bytes accepted in one request."""

LONGEST_ANSWER = 1_000
"""Characters of an answer, where the names of all classes do not take more."""

LONGEST_MARKS = 400_000
"""Characters of an answer that marks stretches of a text: some ten thousand of them."""

HISTORY = 30
"""How many answers can be undone after a page was closed."""

HIDDEN_CONTEXT = ("highlights", "votes", "why")
"""Parts of a context that are not shown as fields: machines' opinions, and why an item was chosen."""

M = TypeVar("M", bound=BaseModel)


class Api:
    """The endpoints of one console."""

    def __init__(self, settings: ConsoleSettings, store: ReviewStore, reviewers: Reviewers) -> None:
        self.settings = settings
        self.store = store
        self.reviewers = reviewers
        longest = LONGEST_MARKS if settings.kind.marks_text else LONGEST_ANSWER
        self.longest_answer = max(longest, len(json.dumps(settings.names)))

    def routes(self) -> list[Route]:
        """Return what to mount."""
        return [
            Route("/api/health", self.health, methods=["GET"]),
            Route("/api/sign-in", self.sign_in, methods=["POST"]),
            Route("/api/sign-out", self.sign_out, methods=["POST"]),
            Route("/api/hand-outs", self.hand_out, methods=["POST"]),
            Route("/api/answers", self.answer, methods=["POST"]),
            Route("/api/leases/renew", self.renew, methods=["POST"]),
            Route("/api/leases/return", self.give_back, methods=["POST"]),
            Route("/api/history", self.history, methods=["GET"]),
            Route("/api/progress", self.progress, methods=["GET"]),
            Route("/api/images/{lease}", self.image, methods=["GET"]),
        ]

    async def health(self, request: Request) -> Response:
        """Tell that the console is up."""
        del request
        return JSONResponse({"status": "ok"})

    async def sign_in(self, request: Request) -> Response:
        """Exchange a token for a session cookie."""
        body = await read(request, messages.SignIn)
        if isinstance(body, Response):
            return body
        session = await run_in_threadpool(self.reviewers.sign_in, body.token)
        if session is None:
            return problem(401, "unknown_token", "this token is not valid; ask for a new one")
        person = await run_in_threadpool(self.reviewers.who, session)
        await run_in_threadpool(self.store.log, person.name if person else "", "signed in")
        cookie = session_cookie(session, secure=self.settings.secure_cookie)
        return JSONResponse({"csrf": csrf_token(session)}, headers={"set-cookie": cookie})

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        await run_in_threadpool(self.reviewers.sign_out, request.state.session)
        cookie = session_cookie("", secure=self.settings.secure_cookie, max_age_s=0)
        return JSONResponse({}, headers={"set-cookie": cookie})

    async def hand_out(self, request: Request) -> Response:
        """Lease items to the caller."""
        body = await read(request, messages.HandOutRequest)
        if isinstance(body, Response):
            return body
        person: Person = request.state.person
        streams = body.streams
        if streams == "adjudicate":
            if not person.adjudicates:
                return problem(403, "role", "settling disagreements needs the role adjudicator")
            # An admin may be alone; everybody else does not judge their own answers.
            streams = "adjudicate_any" if person.role == "admin" else "adjudicate"
        handed = await run_in_threadpool(
            self.store.hand_out,
            person.name,
            body.count,
            streams,
            mix=self.settings.mix,
            lease_s=self.settings.lease_s,
        )
        items = [self._item(handed_out) for handed_out in handed]
        return JSONResponse(
            {
                "items": items,
                "lease_s": self.settings.lease_s,
                "progress": await run_in_threadpool(self._progress, person),
            }
        )

    async def answer(self, request: Request) -> Response:
        """Store answers; the reply says of each whether it is on disk."""
        body = await read(request, messages.AnswersIn)
        if isinstance(body, Response):
            return body
        person: Person = request.state.person
        checked = [self._checked(one) for one in body.answers]
        given = [
            Answer(**{"classes": self.settings.changes, **_said(one)})
            for one in checked
            if isinstance(one, messages.AnswerIn)
        ]
        stored = iter(await run_in_threadpool(self.store.answer, person.name, given))
        replies = [one if isinstance(one, dict) else _reply(next(stored)) for one in checked]
        return JSONResponse({"replies": replies})

    async def renew(self, request: Request) -> Response:
        """Keep leases longer; the reply names those that still run."""
        body = await read(request, messages.Leases)
        if isinstance(body, Response):
            return body
        kept = await run_in_threadpool(
            self.store.renew, request.state.person.name, body.leases, self.settings.lease_s
        )
        return JSONResponse({"leases": kept})

    async def give_back(self, request: Request) -> Response:
        """End leases early, as a closing tab does."""
        body = await read(request, messages.Leases)
        if isinstance(body, Response):
            return body
        await run_in_threadpool(self.store.give_back, request.state.person.name, body.leases)
        return JSONResponse({"leases": []})

    async def history(self, request: Request) -> Response:
        """Return the caller's latest answers, so that they can be undone after a reload."""
        name = request.state.person.name
        rows = await run_in_threadpool(self._history, name)
        return JSONResponse({"items": rows})

    async def progress(self, request: Request) -> Response:
        """Return the caller's counts."""
        return JSONResponse(await run_in_threadpool(self._progress, request.state.person))

    async def image(self, request: Request) -> Response:
        """Return the image of an item that was handed to the caller."""
        try:
            body, kind = await run_in_threadpool(
                self._image, request.path_params["lease"], request.state.person.name
            )
        except ReviewError as error:
            return problem(404 if error.code == "no_image" else 415, error.code, str(error))
        return Response(
            body,
            media_type=kind,
            headers={
                "cache-control": "private, max-age=3600",
                "content-security-policy": "sandbox",
            },
        )

    def _image(self, lease: str, name: str) -> tuple[bytes, str]:
        image = review_progress.image_of(self.store, lease, name)
        if image is None:
            raise ReviewError("no item with an image was handed out under this lease", "no_image")
        return images.read_image(self.settings.image_root, image)

    def _progress(self, person: Person) -> dict[str, int]:
        counts = review_progress.progress(self.store, person.name)
        return {**asdict(counts), "to_adjudicate": counts.to_adjudicate * person.adjudicates}

    def _item(self, handed: HandOut) -> dict[str, Any]:
        torn: list[dict[str, Any]] = []
        if handed.origin == "adjudicate":
            torn = review_progress.opinions(self.store, handed.item_id, handed.batch)
        return _payload(
            handed.lease, handed.item_id, handed.batch, handed.text, handed.image, handed.context,
            handed.context.get("highlights", []), handed.suggestion, torn, None,
        )  # fmt: skip

    def _history(self, name: str) -> list[dict[str, Any]]:
        rows = review_progress.history(self.store, name, HISTORY)
        given = ("idempotency_key", "outcome", "label", "note")
        return [
            _payload(
                row["lease"], row["item_id"], row["batch"], row["text"], row["image"],
                read_context(row["context"]), row["shown"].get("highlights", []),
                row["shown"].get("suggestion"), [], {k: row[k] for k in given},
            )
            for row in rows
        ]  # fmt: skip

    def _checked(self, answer: messages.AnswerIn) -> messages.AnswerIn | dict[str, Any]:
        """Return an answer in the way its kind writes it, or the refusal of one that is none."""
        if answer.label is None:
            return answer
        if len(answer.label) > self.longest_answer:
            problem = f"an answer has {self.longest_answer} characters at most"
            return _refusal(answer, "invalid", f"task {self.settings.task!r}: {problem}")
        try:
            label = self.settings.kind.checked(answer.label, self.settings.names)
        except AnswerError as error:
            return _refusal(answer, "unknown_class", f"task {self.settings.task!r}: {error}")
        return answer.model_copy(update={"label": label})


async def read(request: Request, model: type[M]) -> M | Response:
    """Read and check a JSON body, or return the answer that says what is wrong with it."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        return problem(415, "content_type", "send application/json")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return problem(413, "too_large", f"a request may have {LONGEST_BODY} bytes")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        return problem(422, "invalid", f"{where}: {first['msg']}")


def _said(answer: messages.AnswerIn) -> dict[str, Any]:
    """Return what an answer says; a page of an earlier version does not say which classes it knew."""
    return answer.model_dump(exclude={"classes"} if answer.classes is None else None)


def _reply(reply: Reply) -> dict[str, Any]:
    if reply.error is not None:
        return _refusal(reply, reply.error.code, str(reply.error))
    return {
        "idempotency_key": reply.idempotency_key,
        "status": "stored" if reply.new else "replayed",
        "code": None,
        "message": None,
    }


def _refusal(answer: messages.AnswerIn | Reply, code: str, message: str) -> dict[str, Any]:
    return {
        "idempotency_key": answer.idempotency_key,
        "status": "refused",
        "code": code,
        "message": message,
    }


def _payload(
    lease: str,
    item_id: str,
    batch: str,
    text: str,
    image: str | None,
    context: dict[str, Any],
    highlights: list[dict[str, Any]],
    suggestion: str | None,
    opinions: list[dict[str, Any]],
    given: dict[str, Any] | None,
) -> dict[str, Any]:
    return {
        "lease": lease,
        "item_id": item_id,
        "batch": batch,
        "text": text,
        "image": image if image is None or is_address(image) else f"/api/images/{lease}",
        "fields": {k: v for k, v in context.items() if k not in HIDDEN_CONTEXT},
        "highlights": highlights,
        "suggestion": suggestion,
        "opinions": opinions,
        "given": given,
    }
