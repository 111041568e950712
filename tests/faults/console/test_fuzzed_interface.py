"""Schemathesis throws generated requests at the console by its own description."""

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from console.app import create_app
from console.openapi import description
from console.security import COOKIE, csrf_token
from tests.console.conftest import plan
from tests.console.conftest import settings as console_settings

SESSION = "a-session-of-the-fuzzer"


def test_no_generated_request_makes_the_console_fail(tmp_path):
    plan(tmp_path / "reviews.sqlite", 5)
    app = create_app(console_settings(tmp_path, requests_per_s=1e6))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers={"host": "127.0.0.1"})
    called = set()

    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=25, deadline=None, derandomize=True, database=None,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @schemathesis_cases(operation)
        def fuzz(case):
            case.cookies = {COOKIE: SESSION}
            case.headers = {"host": "127.0.0.1", "x-csrf-token": csrf_token(SESSION)}
            response = case.call()
            called.add((case.method, case.path, response.status_code))
            case.validate_response(
                response,
                checks=[not_a_server_error, response_schema_conformance, status_code_conformance],
            )

        fuzz()

    operations = description("spam")["paths"]
    assert {path for _, path, _ in called} == set(operations)
    assert ("POST", "/api/hand-outs", 200) in called


def schemathesis_cases(operation):
    from hypothesis import given

    return given(case=operation.as_strategy())
