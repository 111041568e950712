import base64
import hashlib
import re

from PIL import Image

from console.settings import ClassInfo
from labeling.class_changes import ClassChange
from resources.reviews.rows import Assignment
from resources.reviews.store import ReviewStore
from tests.console.conftest import BATCH, answer, hand_out, local_client, plan, send, settings
from tests.fakes.pictures import data_url


def stored(tmp_path):
    store = ReviewStore(tmp_path / "reviews.sqlite")
    rows = store.reviews().to_pylist()
    store.close()
    return rows


def test_an_answer_is_on_disk_when_the_reply_says_so(client, tmp_path):
    (item,) = hand_out(client)
    (reply,) = send(client, answer(item, "SPAM", note="a <b>note</b>"))
    assert reply["status"] == "stored"
    (row,) = stored(tmp_path)
    assert (row["item_id"], row["label"], row["note"], row["seconds"], row["reviewer"]) == (
        item["item_id"], "SPAM", "a <b>note</b>", 1.5, "local",
    )  # fmt: skip
    assert "text_sha256" in row["shown"]


def test_a_replayed_answer_is_stored_once(client, tmp_path):
    (item,) = hand_out(client)
    said = answer(item)
    assert [send(client, said)[0]["status"] for _ in range(3)] == ["stored", "replayed", "replayed"]
    assert len(stored(tmp_path)) == 1


def test_an_unknown_class_is_refused_by_name_and_the_rest_is_stored(client, tmp_path):
    one, two = hand_out(client, 2)
    refused, kept = send(client, answer(one, "EGGS"), answer(two, "SPAM"))
    assert (refused["status"], refused["code"]) == ("refused", "unknown_class")
    assert "task 'spam': 'EGGS' is no class; allowed: HAM, SPAM" in refused["message"]
    assert kept["status"] == "stored"
    assert [r["label"] for r in stored(tmp_path)] == ["SPAM"]


SWAP = [
    ClassChange("known", {}, ("HAM", "SPAM"), at="2026-03-01T10:00:00+00:00"),
    ClassChange("rename", {"HAM": "x"}, ("x", "SPAM"), at="2026-03-01T10:00:01+00:00"),
    ClassChange("rename", {"SPAM": "HAM"}, ("x", "HAM"), at="2026-03-01T10:00:02+00:00"),
    ClassChange("rename", {"x": "SPAM"}, ("SPAM", "HAM"), at="2026-03-01T10:00:03+00:00"),
]


def test_an_answer_means_the_class_that_its_page_showed_though_names_changed_places(
    client, tmp_path
):
    one, two, three = hand_out(client, 3)
    store = ReviewStore(tmp_path / "reviews.sqlite")
    store.change_classes(*SWAP)
    old = answer(one, "HAM")
    assert send(client, old)[0]["status"] == "stored"  # the console was not started again
    assert send(client, old)[0]["status"] == "replayed"
    page = {**answer(two, "HAM"), "classes": 1}
    assert send(local_client(settings(tmp_path, changes=4)), page)[0]["status"] == "stored"
    new = {**answer(three, "HAM"), "classes": 4}
    assert send(client, new)[0]["status"] == "stored"
    said = {row["item_id"]: row["label"] for row in stored(tmp_path)}
    assert [said[item["item_id"]] for item in (one, two, three)] == ["SPAM", "SPAM", "HAM"]


def test_an_answer_whose_class_was_split_under_an_open_page_is_refused_and_said_why(
    client, tmp_path
):
    before, after = hand_out(client, 2)
    given = answer(before, "HAM")
    assert send(client, given)[0]["status"] == "stored"
    store = ReviewStore(tmp_path / "reviews.sqlite")
    store.change_classes(
        SWAP[0], ClassChange("split", {"HAM": None}, ("HAM", "HAM2", "SPAM"), at=SWAP[1].at)
    )
    assert send(client, given)[0]["status"] == "replayed"
    (reply,) = send(client, answer(after, "HAM"))
    assert (reply["status"], reply["code"]) == ("refused", "gone")
    assert "'HAM' was split or retired" in reply["message"]


def test_a_page_tells_which_classes_it_shows(tmp_path):
    page = local_client(settings(tmp_path, changes=7)).get("/").text
    assert 'data-classes="7"' in page


def test_a_forged_lease_is_refused(client, tmp_path):
    (item,) = hand_out(client)
    (reply,) = send(client, answer({**item, "lease": "guessed"}))
    assert (reply["status"], reply["code"]) == ("refused", "forged")
    assert stored(tmp_path) == []


def test_an_empty_queue_is_an_empty_list(tmp_path):
    client = local_client(settings(tmp_path))
    reply = client.post("/api/hand-outs", json={}).json()
    assert reply["items"] == []
    assert reply["progress"]["open_items"] == 0


def test_nothing_in_an_item_tells_an_audit_or_hidden_gold_from_the_queue(tmp_path):
    path = tmp_path / "reviews.sqlite"
    hints = {"suggestion": "SPAM", "context": {"highlights": [{"start": 0, "end": 4, "rule": "r"}]}}
    plan(path, 40, **hints)
    plan(path, 40, "audit", 100, probability=0.2, **hints)
    plan(path, 40, "check", 200, gold="HAM", **hints)
    client = local_client(settings(tmp_path, audit_rate=0.3, check_rate=0.3))
    items = [i for _ in range(3) for i in hand_out(client, 40)]
    assert len(items) == 120
    varying = {"lease", "item_id", "text"}
    looks = {str({k: v for k, v in item.items() if k not in varying}) for item in items}
    assert len(looks) == 1
    (reply,) = send(client, answer(items[0]))
    assert set(reply) == {"idempotency_key", "status", "code", "message"}


def test_an_undo_after_a_reload_finds_the_latest_answers_with_their_items(client, tmp_path):
    one, two = hand_out(client, 2)
    send(client, answer(one, "HAM"), answer(two, "SPAM", note="why"))
    latest, _ = client.get("/api/history").json()["items"]
    assert latest["text"] == two["text"]
    assert latest["given"]["label"] == "SPAM"
    key = latest["given"]["idempotency_key"]
    (reply,) = send(client, answer(latest, "HAM", "another-key", revises=key))
    assert reply["status"] == "stored"
    assert [r["superseded"] for r in stored(tmp_path)] == [False, True, False]


def test_a_returned_lease_goes_to_the_next_person(signed_in):
    anna, ben = signed_in("anna", "reviewer"), signed_in("ben", "reviewer")
    mine = hand_out(anna, 40)
    assert hand_out(ben, 40) == []
    anna.post("/api/leases/return", json={"leases": [i["lease"] for i in mine[:10]]})
    assert len(hand_out(ben, 40)) == 10
    kept = anna.post("/api/leases/renew", json={"leases": [i["lease"] for i in mine]}).json()
    assert len(kept["leases"]) == 30


def test_disagreements_are_for_adjudicators_who_see_the_answers_without_names(signed_in, tmp_path):
    anna, cleo = signed_in("anna", "reviewer"), signed_in("cleo", "adjudicator")
    store = ReviewStore(tmp_path / "reviews.sqlite")
    for name, label in (("anna", "HAM"), ("ben", "SPAM")):
        store.record(
            "3", BATCH, name, "label", label, "queue", 1.0, f"{label} I think", idempotency_key=name
        )
    refused = anna.post("/api/hand-outs", json={"streams": "adjudicate"})
    assert refused.status_code == 403
    assert anna.get("/adjudicate").status_code == 403
    (item,) = hand_out(cleo, 5, "adjudicate")
    assert [(o["label"], o["note"]) for o in item["opinions"]] == [
        ("HAM", "HAM I think"),
        ("SPAM", "SPAM I think"),
    ]
    assert "anna" not in str(item)
    assert cleo.get("/api/progress").json()["to_adjudicate"] == 1


def test_an_image_is_served_to_whoever_holds_the_item_and_only_then(tmp_path):
    root = tmp_path / "images"
    root.mkdir()
    Image.new("RGB", (4, 4), "gold").save(root / "good.png")
    (root / "fake.png").write_text("<script>alert(1)</script>")
    (root / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "secret.png").write_bytes((root / "good.png").read_bytes())
    names = [
        "good.png",
        "fake.png",
        "drawing.svg",
        "missing.png",
        "../secret.png",
        "/etc/passwd",
        "\x00",
        "a" * 5000,
        data_url(Image.new("RGB", (4, 4), "gold")),
        "data:image/png;base64,PHN2Zy8+",
    ]
    store = ReviewStore(tmp_path / "reviews.sqlite")
    store.plan(
        Assignment(item_id=str(i), batch=BATCH, origin="queue", image=name)
        for i, name in enumerate(names)
    )
    client = local_client(settings(tmp_path, image_root=root))
    urls = {item["item_id"]: item["image"] for item in hand_out(client, 20)}
    got = [client.get(urls[str(i)]) for i in range(len(names))]
    assert [r.status_code for r in got] == [200, 415, 415, 404, 404, 404, 404, 404, 200, 415]
    assert got[0].headers["content-type"] == "image/png"
    assert got[1].json()["message"] == "the file 'fake.png' is not an image"
    assert client.get("/api/images/guessed").status_code == 404


def test_an_image_in_the_network_is_named_by_its_address_and_browsers_may_show_it(tmp_path):
    store = ReviewStore(tmp_path / "reviews.sqlite")
    address = "https://example.org/wall.png"
    store.plan([Assignment(item_id="a", batch=BATCH, origin="queue", image=address)])
    with_images = local_client(settings(tmp_path, image_root=tmp_path))
    assert hand_out(with_images, 1)[0]["image"] == address
    policy = "content-security-policy"
    assert "img-src 'self' https: http:;" in with_images.get("/").headers[policy]
    without = local_client(settings(tmp_path))
    assert "img-src 'self';" in without.get("/").headers[policy]


def test_a_picture_in_the_guidelines_is_a_link_and_opens_the_policy_to_nobody(tmp_path):
    guidelines = 'See ![a "good" wall](https://elsewhere.example/track.png?x=1) and ![](b.png).'
    policy = "content-security-policy"
    for root in (tmp_path, None):
        plain = local_client(settings(tmp_path, image_root=root)).get("/")
        page = local_client(settings(tmp_path, image_root=root, guidelines=guidelines)).get("/")
        assert page.text.count("<img") == plain.text.count("<img")
        assert 'src="https://elsewhere' not in page.text
        assert 'href="https://elsewhere.example/track.png?x=1"' in page.text
        assert page.headers[policy] == plain.headers[policy]


def test_a_script_in_a_text_a_class_or_the_guidelines_stays_text(tmp_path):
    evil = "<script>alert(1)</script>"
    client = local_client(
        settings(
            tmp_path,
            classes=[ClassInfo(evil, f'" onclick="{evil}'), ClassInfo("HAM")],
            guidelines=f"{evil}\n\n[click](javascript:alert(1))\n\n<img src=x onerror=alert(1)>",
            task=evil,
        )
    )
    page = client.get("/").text
    assert evil not in page
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page
    assert '" onclick="' not in page


def test_the_published_report_runs_its_own_scripts_and_no_others(tmp_path):
    report = tmp_path / "report.html"
    client = local_client(settings(tmp_path, report_path=report))
    assert client.get("/dashboard").status_code == 404
    report.write_text(
        "<script>let a = 1;</script><script src='https://elsewhere.example/x.js'></script>"
        '<script type="application/json" id="later">"let b = 2;"</script>'
    )
    reply = client.get("/dashboard")
    assert reply.status_code == 200
    policy = reply.headers["content-security-policy"]
    for code in ("let a = 1;", "let b = 2;"):
        assert base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() in policy
    assert policy.count("sha256-") == 2
    assert policy.startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in policy
    assert "connect-src" not in policy
    assert "default-src 'none'" in policy
    assert "script-src 'unsafe-inline'" not in policy


def test_reviewers_quality_comes_from_hidden_gold_with_an_interval(signed_in, tmp_path):
    plan(tmp_path / "reviews.sqlite", 20, "check", 500, gold="SPAM")
    boss = signed_in("boss", "admin")
    store = ReviewStore(tmp_path / "reviews.sqlite")
    for i in range(20):
        store.record(
            str(500 + i),
            BATCH,
            "anna",
            "label",
            "HAM" if i < 2 else "SPAM",
            "check",
            2.0,
            idempotency_key=str(i),
        )
    page = boss.get("/people").text
    assert "90 %" in page
    assert re.search(r"70 % \S 97 %", page)
    assert signed_in("anna", "reviewer").get("/people").status_code == 403
