"""The console as one ASGI application, and how it is served.

It reads its review store and published files; it never opens the warehouse.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import openapi
from console.api import Api
from console.pages import Pages
from console.patience import CONNECTIONS, PatientProtocol
from console.security import Gate, problem, state_gone
from console.settings import ConsoleSettings
from labeling.state.faults import UNREACHABLE
from resources.reviews.reviewers import Reviewers
from resources.reviews.rows import ReviewError
from resources.reviews.store import ReviewStore


def create_app(settings: ConsoleSettings) -> Starlette:
    """Build the console of one task.

    ``/`` is the review page, ``/adjudicate`` the disagreements, ``/people`` the reviewers' quality,
    ``/dashboard`` the published report, ``/openapi.json`` the description of ``/api``.
    """
    store = ReviewStore(
        settings.store_path,
        overlap_share=settings.overlap_share,
        seed=settings.seed,
        kind=settings.kind,
    )
    reviewers = Reviewers(store)

    async def describe(request: Request) -> Response:
        del request
        return JSONResponse(openapi.description(settings.task))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        store.close()

    app = Starlette(
        routes=[
            *Pages(settings, store).routes(),
            *Api(settings, store, reviewers).routes(),
            Route("/openapi.json", describe, methods=["GET"]),
        ],
        middleware=[Middleware(Gate, settings=settings, reviewers=reviewers)],
        exception_handlers={
            HTTPException: _http_problem,
            **dict.fromkeys(UNREACHABLE, _state_gone),
        },
        lifespan=lifespan,
    )
    app.state.settings = settings
    return app


def serve(
    app: Starlette,
    host: str = "127.0.0.1",
    port: int = 8765,
    *,
    certificate: Path | None = None,
    private_key: Path | None = None,
) -> None:
    """Serve the console until it is interrupted.

    Raises
    ------
    ReviewError
        If the console would be open to others without asking them who they are.
    """
    settings: ConsoleSettings = app.state.settings
    if not is_loopback(host) and not settings.sign_in:
        raise ReviewError(
            f"--host {host} would show items to everybody who reaches this machine; turn sign-in on "
            "and give each reviewer a token"
        )
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        http=PatientProtocol,
        limit_concurrency=CONNECTIONS,
        ssl_certfile=certificate,
        ssl_keyfile=None if private_key is None else str(private_key),
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches ``host``.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


async def _state_gone(request: Request, error: Exception) -> Response:
    del request
    return state_gone(error)


async def _http_problem(request: Request, error: Exception) -> Response:
    del request
    if not isinstance(error, HTTPException):
        return problem(500, "bug", "something went wrong here")
    return problem(
        error.status_code,
        "http",
        error.detail,
        dict(error.headers) if error.headers else None,
    )
