import pytest

from console.app import create_app, is_loopback, serve
from console.security import RateLimit
from console.settings import ClassInfo, ConsoleSettings
from resources.reviews.reviewers import Reviewers
from resources.reviews.rows import ReviewError
from resources.reviews.store import ReviewStore
from tests.console.conftest import answer, hand_out, local_client, settings


def test_nothing_is_shown_to_people_who_did_not_sign_in(signed_in):
    stranger = signed_in("anna", "reviewer")
    stranger.cookies.clear()
    assert stranger.get("/", follow_redirects=False).headers["location"] == "/sign-in"
    for path in ("/api/history", "/api/progress", "/api/images/x"):
        assert stranger.get(path).status_code == 401
    assert stranger.post("/api/hand-outs", json={}).status_code == 401
    assert stranger.get("/sign-in").status_code == 200


def test_a_wrong_token_does_not_sign_in_and_guessing_is_slowed(signed_in):
    client = signed_in("anna", "reviewer")
    tries = [client.post("/api/sign-in", json={"token": f"ts_{i}"}) for i in range(12)]
    assert tries[0].status_code == 401
    assert "ask for a new one" in tries[0].json()["message"]
    assert tries[-1].status_code == 429
    assert int(tries[-1].headers["retry-after"]) > 0


def test_tokens_and_sessions_are_hashed_at_rest(signed_in, tmp_path):
    client = signed_in("anna", "reviewer")
    store = ReviewStore(tmp_path / "reviews.sqlite")
    token = Reviewers(store).invite("ben", "reviewer")
    store.close()
    written = b"".join(p.read_bytes() for p in tmp_path.glob("reviews.sqlite*"))
    assert token.encode() not in written
    assert client.cookies["touchstone_session"].encode() not in written


def test_revoking_a_token_ends_its_sessions_and_keeps_the_reviews(signed_in, tmp_path):
    client = signed_in("anna", "reviewer")
    (item,) = hand_out(client)
    client.post("/api/answers", json={"answers": [answer(item)]})
    store = ReviewStore(tmp_path / "reviews.sqlite")
    assert Reviewers(store).revoke("anna")
    assert client.get("/api/history").status_code == 401
    assert store.reviews().num_rows == 1


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-csrf-token": "guessed"}, "csrf"),
        ({"x-csrf-token": ""}, "csrf"),
        ({"origin": "https://evil.example"}, "origin"),
        ({"sec-fetch-site": "cross-site"}, "origin"),
    ],
)
def test_a_request_forged_by_another_site_is_refused(client, headers, code):
    reply = client.post("/api/hand-outs", json={}, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (403, code)


def test_another_host_name_is_refused_so_that_dns_cannot_be_rebound(client):
    for host in ("evil.example", "127.0.0.1.evil.example:8765", ""):
        assert client.get("/", headers={"host": host}).status_code == 421
    for host in ("localhost:8765", "[::1]:8765", "127.0.0.1"):
        assert client.get("/", headers={"host": host}).status_code == 200


def test_every_answer_carries_a_strict_policy(client):
    for path in ("/", "/api/history", "/static/review.js", "/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(tmp_path):
    client = local_client(settings(tmp_path, secure_cookie=True))
    client.cookies.clear()
    cookie = client.get("/").headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Secure"))


def test_only_json_of_a_sane_size_is_read(client):
    post = client.post
    assert (
        post("/api/answers", content="{}", headers={"content-type": "text/plain"}).status_code
        == 415
    )
    assert post("/api/answers", json={"answers": [], "x": "y" * 1_000_001}).status_code == 413
    for body in (
        b"",
        b"{",
        b'{"answers": [1]}',
        b'{"answers": "\\ud800"}',
        b"\xff\xfe",
        b'{"count": 9e99}',
    ):
        reply = post("/api/answers", content=body, headers={"content-type": "application/json"})
        assert reply.status_code == 422
        assert reply.json()["code"] == "invalid"


def test_one_caller_has_a_rate_and_others_keep_theirs():
    at = [0.0]
    limit = RateLimit(per_s=2, burst=4, clock=lambda: at[0])
    assert [limit.wait_s("anna") for _ in range(5)] == [0, 0, 0, 0, 0.5]
    assert limit.wait_s("ben") == 0
    at[0] = 0.5
    assert limit.wait_s("anna") == 0


def test_too_many_requests_are_told_to_wait(tmp_path):
    client = local_client(settings(tmp_path, requests_per_s=1))
    codes = [client.get("/api/progress").status_code for _ in range(12)]
    assert codes[0] == 200
    assert codes[-1] == 429


def test_opening_the_console_to_others_needs_sign_in(tmp_path):
    with pytest.raises(ReviewError, match=r"--host 0\.0\.0\.0 would show items to everybody"):
        serve(create_app(settings(tmp_path)), host="0.0.0.0")
    assert is_loopback("::1")
    assert not is_loopback("example.org")


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        ([ClassInfo("A")], "at least 2 classes"),
        ([ClassInfo("A"), ClassInfo("A")], "at least 2 classes, each once"),
        ([ClassInfo("A", key="x"), ClassInfo("B", key="x")], "A and B want the same key 'x'"),
        ([ClassInfo("A", key="/"), ClassInfo("B")], r"wants the key '/'.*'/' \(search\)"),
        ([ClassInfo("A", key="xy"), ClassInfo("B")], "wants the key 'xy'"),
    ],
)
def test_classes_and_keys_that_cannot_work_are_told(tmp_path, classes, told):
    with pytest.raises(ReviewError, match=told):
        ConsoleSettings(task="t", classes=classes, store_path=tmp_path / "r.sqlite")


def test_77_classes_have_62_different_keys_and_the_rest_is_found_by_search(tmp_path):
    said = settings(tmp_path, classes=[ClassInfo(f"class {i}") for i in range(77)])
    keys = [c.key for c in said.classes if c.key]
    assert len(keys) == len(set(keys)) == 62


def test_a_name_with_a_line_break_or_a_made_up_role_is_no_reviewer(tmp_path):
    people = Reviewers(ReviewStore(tmp_path / "r.sqlite"))
    with pytest.raises(ReviewError, match="cannot be a reviewer's name"):
        people.invite("an\nna", "reviewer")
    with pytest.raises(ReviewError, match="'boss' is not one of reviewer, adjudicator, admin"):
        people.invite("anna", "boss")
