"""The console's own description of its JSON interface, for people and for fuzzers."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from console import messages
from console.security import CSRF_HEADER

_OPERATIONS: list[tuple[str, str, str, type[BaseModel] | None, type[BaseModel] | None]] = [
    ("get", "/api/health", "Tell that the console is up.", None, None),
    ("post", "/api/sign-in", "Exchange a token for a session cookie.", messages.SignIn, None),
    ("post", "/api/sign-out", "End the session.", None, None),
    (
        "post", "/api/hand-outs", "Lease items to the caller.",
        messages.HandOutRequest, messages.HandOutReply,
    ),
    (
        "post", "/api/answers", "Store answers; each reply says whether it is on disk.",
        messages.AnswersIn, messages.AnswersReply,
    ),
    ("post", "/api/leases/renew", "Keep leases longer.", messages.Leases, messages.LeasesReply),
    ("post", "/api/leases/return", "End leases early.", messages.Leases, messages.LeasesReply),
    ("get", "/api/history", "The caller's latest answers.", None, messages.HistoryReply),
    ("get", "/api/progress", "The caller's counts.", None, messages.ProgressOut),
]  # fmt: skip

_REFUSALS = {
    "401": "Not signed in.",
    "403": "Forged request, or the role does not allow it.",
    "413": "The body is too large.",
    "415": "Not application/json.",
    "421": "Another host was asked for.",
    "422": "The body is not what the schema says.",
    "429": "Too many requests; wait.",
}


def description(task: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the console of ``task``."""
    used = {m for *_, asked, given in _OPERATIONS for m in (asked, given) if m} | {messages.Problem}
    by_model, definitions = models_json_schema(
        [(m, "validation") for m in sorted(used, key=lambda m: m.__name__)],
        ref_template="#/components/schemas/{model}",
    )
    del by_model
    paths: dict[str, dict[str, Any]] = {}
    for method, path, summary, asked, given in _OPERATIONS:
        paths.setdefault(path, {})[method] = _operation(method, path, summary, asked, given)
    paths["/api/images/{lease}"] = {"get": _image_operation()}
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Review console of task {task}", "version": "1"},
        "paths": paths,
        "components": {"schemas": definitions["$defs"]},
    }


def _operation(
    method: str,
    path: str,
    summary: str,
    asked: type[BaseModel] | None,
    given: type[BaseModel] | None,
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{method} {path}",
        "summary": summary,
        "responses": {
            "200": {
                "description": "Done.",
                "content": {"application/json": {"schema": _ref(given) if given else {}}},
            },
            **_problems(*_REFUSALS),
        },
    }
    if method == "post":
        operation["parameters"] = [
            {
                "name": CSRF_HEADER,
                "in": "header",
                "required": True,
                "schema": {"type": "string"},
                "description": "From the page; follows from the session.",
            }
        ]
    if asked is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(asked)}},
        }
    return operation


def _image_operation() -> dict[str, Any]:
    return {
        "operationId": "get image",
        "summary": "The image of an item that was handed to the caller.",
        "parameters": [
            {"name": "lease", "in": "path", "required": True, "schema": {"type": "string"}}
        ],
        "responses": {
            "200": {"description": "The image.", "content": {"image/*": {}}},
            **_problems("401", "404", "415", "421", "429"),
        },
    }


def _problems(*codes: str) -> dict[str, Any]:
    told = {**_REFUSALS, "404": "No such image."}
    return {
        code: {
            "description": told[code],
            "content": {"application/json": {"schema": _ref(messages.Problem)}},
        }
        for code in codes
    }


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
