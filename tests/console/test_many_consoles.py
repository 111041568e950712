"""Consoles on several machines: one schema of PostgreSQL, and nobody is asked what another holds."""

import secrets
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from labeling.state.postgres import PostgresSchema
from resources.reviews.reviewers import Reviewers
from resources.reviews.store import ReviewStore
from tests.console.conftest import answer, plan

ITEMS = 1000
HELD = 20
HOLDER = """
import sys, time
from labeling.state.postgres import PostgresSchema
from resources.reviews.store import ReviewStore
from resources.reviews.writing.leases import Mix
store = ReviewStore(PostgresSchema(*sys.argv[1:]))
handed = store.hand_out("dora", 20, mix=Mix(0, 0, 0), lease_s=4)
with store.database.write() as db:  # and it dies before this is done
    db.execute("update leases set ends_us = ends_us + 1000000000000, state = 'answered'")
    print(len(handed), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def place(postgres):
    """A schema of which nobody else knows."""
    return PostgresSchema(postgres.address, f"kept_{secrets.token_hex(8)}", "reviews")


def said(place):
    return [place.address, place.schema, place.table]


def signed_in(url, token):
    client = httpx.Client(base_url=url, timeout=60)
    reply = client.post("/api/sign-in", json={"token": token})
    client.headers["x-csrf-token"] = reply.json()["csrf"]
    return client


def work(client, handed, until):
    """Answer what is handed out until nothing is, as a page does."""
    while time.monotonic() < until:
        reply = client.post("/api/hand-outs", json={"count": 25, "streams": "review"})
        reply.raise_for_status()
        items = reply.json()["items"]
        if not items:
            if reply.json()["progress"]["open_items"] == 0:
                return
            time.sleep(0.1)
            continue
        handed += [item["item_id"] for item in items]
        replies = client.post("/api/answers", json={"answers": [answer(i) for i in items]})
        assert {one["status"] for one in replies.json()["replies"]} == {"stored"}


def test_two_consoles_and_four_people_answer_each_item_once_though_a_third_is_killed(place, server):
    plan(place, ITEMS)
    store = ReviewStore(place)
    people = Reviewers(store)
    tokens = [people.invite(name, "reviewer") for name in ("anna", "ben", "cleo", "eve")]
    consoles = [
        server(store_path=said(place), sign_in=True, requests_per_s=1000.0) for _ in range(2)
    ]
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *said(place)],
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    assert int(holder.stdout.readline()) == HELD
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    hands: list[list[str]] = [[] for _ in tokens]
    until = time.monotonic() + 120
    threads = [
        threading.Thread(target=work, args=(signed_in(consoles[n % 2].url, token), hands[n], until))
        for n, token in enumerate(tokens)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    handed = [item for one in hands for item in one]
    assert len(handed) == len(set(handed)) == ITEMS
    assert sum(map(bool, hands)) == len(tokens)
    reviews = store.reviews()
    assert reviews.num_rows == ITEMS
    assert len(set(reviews["item_id"].to_pylist())) == ITEMS
    with store.database.read() as db:
        (met,) = db.execute(
            "select count(*) from leases as a join leases as b using (item_id, batch)"
            " where a.reviewer = 'dora' and b.reviewer <> 'dora'"
            " and a.state = 'expired' and b.handed_us >= a.ends_us"
        ).fetchone()
    assert met == HELD
    store.close()


def test_a_console_whose_line_is_cut_says_so_and_comes_back_by_itself(place, server, postgres):
    plan(place, 10)
    console = server(store_path=said(place), sign_in=True)
    with closing(ReviewStore(place)) as store:
        client = signed_in(console.url, Reviewers(store).invite("anna", "reviewer"))
    one, two, three = client.post("/api/hand-outs", json={"count": 3}).json()["items"]
    assert client.post("/api/answers", json={"answers": [answer(one)]}).is_success
    postgres.stop()
    try:
        for path in ("/api/answers", "/api/answers"):
            cut = client.post(path, json={"answers": [answer(two)]})
            assert cut.status_code == 503
            assert cut.json()["code"] == "state"
            assert "cannot be reached at the moment" in cut.json()["message"]
            assert str(postgres.port) not in cut.text
        assert client.get("/people").status_code == 503
        assert httpx.get(f"{console.url}/api/health").is_success
    finally:
        postgres.start()
    for item in (two, two, three):
        assert client.post("/api/answers", json={"answers": [answer(item)]}).is_success
    postgres.stop()
    postgres.start()
    assert client.get("/api/progress").json()["answered"] == 3
    told = console.told()
    assert "Traceback" not in told
    assert "does not answer" in told
