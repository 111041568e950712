"""The gate before servers on this machine, WebSockets included."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from console.origin import OriginGate

BASE = "http://127.0.0.1:3000"


async def answer(request):
    del request
    return PlainTextResponse("done")


async def echo(socket):
    await socket.accept()
    await socket.send_text("open")
    await socket.close()


@pytest.fixture
def client():
    routes = [
        Route("/graphql", answer, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", echo),
    ]
    return TestClient(OriginGate(Starlette(routes=routes), changing=("/graphql",)), base_url=BASE)


def test_pages_of_the_server_and_programs_may_ask(client):
    assert client.post("/graphql").text == "done"
    assert client.post("/graphql", headers={"origin": BASE}).text == "done"
    assert client.get("/graphql").text == "done"
    with client.websocket_connect("/graphql", headers={"host": "127.0.0.1:3000"}) as socket:
        assert socket.receive_text() == "open"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"host": "rebound.example:3000"}, 421),
        ({"host": ""}, 421),
        ({"origin": "http://elsewhere.example"}, 403),
        ({"origin": "http://127.0.0.1:3001"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"}, 403),
    ],
)
def test_other_hosts_and_other_sites_are_refused(client, headers, code):
    assert client.post("/graphql", headers=headers).status_code == code
    assert client.get("/graphql", headers=headers).status_code == code
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/graphql", headers={"host": "127.0.0.1:3000", **headers}),
    ):
        pass


def test_what_changes_things_is_not_asked_in_an_address(client):
    assert client.get("/graphql?query=mutation").status_code == 405
    assert client.get("/graphql/?query=mutation").status_code == 405
    assert client.post("/graphql?query=mutation").status_code == 200
