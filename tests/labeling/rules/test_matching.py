import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.rules.matching import scanning
from labeling.rules.matching.characters import LAST_CASED
from labeling.rules.matching.matching import Matcher, matcher
from labeling.rules.matching.translation import translate
from labeling.rules.reading.fields import term_pattern
from labeling.rules.rule import Patterns
from tests.labeling.rules.regex_strategies import flags, patterns, texts

DATA = Path(__file__).parents[3].parent / "shared" / "data"

REAL_PATTERNS = [
    r"https?://\S+",
    r"\bcheck\s+out\b",
    r"(?i)subscri\w+",
    r"[A-Z]{4,}",
    r"\d",
    r"!{2,}",
    r"(?<!\w)song(?!\w)",
    r"^.{0,20}$",
    r"(?i)^(?=.*my)(?=.*channel)",
    r"(.)\1\1",
    r"[^\x00-\x7f]",
    r"\bé\w*",
    r"(?m)^\W+$",
    r"@\w+$",
    r"love.*(?:song|video)",
    r"\s$",
]


def expected(body, batch):
    searches = [re.compile(one, body.flags).search for one in body.patterns]
    return [i for i, t in enumerate(batch) if t is not None and any(s(t) for s in searches)]


def found(bodies, batch):
    rows, failures = Matcher(bodies).match(pa.array(batch, pa.string()))
    assert not any(failures)
    return [one.tolist() for one in rows]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(patterns, flags), min_size=1, max_size=8),
    st.lists(st.one_of(texts, st.none()), min_size=1, max_size=30),
)
def test_every_rule_gives_exactly_the_answer_of_re(rules, batch):
    bodies = [Patterns((text,), int(flag)) for text, flag in rules]
    assert found(bodies, batch) == [expected(one, batch) for one in bodies]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.text(min_size=1, max_size=4).filter(str.strip), min_size=1, max_size=6), st.data()
)
def test_every_keyword_gives_exactly_the_answer_of_re(terms, data):
    pieces = st.sampled_from(
        [*terms, *(t.upper() for t in terms), " ", "  ", "\n", "x", "_", "é", "-"]
    )
    batch = data.draw(st.lists(st.lists(pieces, max_size=5).map("".join), min_size=1, max_size=20))
    whole, case = data.draw(st.booleans()), data.draw(st.sampled_from([0, int(re.IGNORECASE)]))
    bodies = [Patterns((term_pattern(one, whole=whole),), case) for one in terms]
    assert found(bodies, batch) == [expected(one, batch) for one in bodies]


def test_real_comments_get_exactly_the_answer_of_re():
    path = DATA / "raw_youtube_spam" / "data.parquet"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    batch = pq.read_table(path)["text"].to_pylist()
    bodies = [Patterns((one,)) for one in REAL_PATTERNS]
    answers = found(bodies, batch)
    assert answers == [expected(one, batch) for one in bodies]
    assert sum(map(bool, answers)) >= 14


@pytest.mark.parametrize("pattern", REAL_PATTERNS)
def test_common_patterns_need_no_confirmation_in_ascii_texts(pattern):
    hard = {r"(.)\1\1", r"^.{0,20}$", r"(?i)^(?=.*my)(?=.*channel)"}
    assert translate(pattern, 0, ascii_only=True).exact == (pattern not in hard)


@settings(max_examples=300, deadline=None)
@given(patterns, flags)
def test_nothing_is_called_exact_for_texts_outside_ascii(pattern, flag):
    assert not translate(pattern, int(flag), ascii_only=False).exact


def test_texts_with_nul_bytes_and_separators_of_other_kinds_are_found():
    batch = ["a\x00b", "\x00", "", "ÿ", "aÿb", "a", None, "b"]
    bodies = [Patterns((one,)) for one in ("a\x00b", "\x00", "ÿ", "a.b", "^$", "a|b")]
    assert found(bodies, batch) == [expected(one, batch) for one in bodies]


def test_a_match_does_not_reach_into_the_next_text():
    batch = ["foo", "bar", "foo\nbar", "", "foo bar"]
    bodies = [
        Patterns((one,), int(re.DOTALL))
        for one in ("foo.*bar", r"foo\W*bar", r"\Abar", "foo$", r"o\sb")
    ]
    assert found(bodies, batch) == [expected(one, batch) for one in bodies]


def test_a_very_long_text_is_matched_to_its_end():
    batch = ["x" * 3_000_000 + " needle", "é" * 1_500_000 + " needle", "needl"]
    assert found([Patterns((r"\bneedle$",))], batch) == [[0, 1]]


def test_a_dictionary_of_thousands_of_terms_is_one_rule():
    terms = [f"term{i}x" for i in range(3000)]
    body = Patterns(tuple(term_pattern(one, whole=True) for one in terms), int(re.IGNORECASE))
    assert found([body], ["a TERM17x b", "term17xy", "é term2999x", "none"]) == [[0, 2]]


def test_many_alternatives_in_one_pattern_are_found():
    body = Patterns((rf"\b(?:{'|'.join(f'w{i}q' for i in range(1500))})\b",))
    assert found([body], ["say w1499q", "w1499", "é w3q"]) == [[0, 2]]


def test_a_sliced_batch_is_matched_from_where_it_begins():
    batch = pa.array([None, "foo", "bar foo", "baz", "foo é"]).slice(2)
    rows, _ = Matcher([Patterns(("foo",))]).match(batch)
    assert rows[0].tolist() == [0, 2]


def test_no_text_and_no_rule_give_no_hit():
    assert found([Patterns(("a",))], []) == [[]]
    assert found([Patterns(("a",))], [None, None]) == [[]]
    assert found([], ["a"]) == []


def test_helping_processes_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    words = np.array(["alpha", "beta", "gamma", "delta", "é", "42", "x"])
    batch = [" ".join(rng.choice(words, 20)) for _ in range(40_000)]
    bodies = [Patterns((one,)) for one in (r"\balpha beta\b", r"\d", "é x", r"delta$")]
    alone = found(bodies, batch)
    monkeypatch.setattr(scanning, "TRIAL_S", 0.0)
    monkeypatch.setattr(scanning, "WORTH_S", 0.0)
    monkeypatch.setattr(scanning, "usable_cores", lambda: 3)
    assert found(bodies, batch) == alone
    assert all(alone)


def test_no_character_beyond_the_last_known_one_has_a_case():
    for point in range(LAST_CASED, 0x110000):
        one = chr(point)
        assert one.lower() == one == one.upper()


def test_rules_are_compiled_once_and_anew_where_one_was_edited():
    bodies = (Patterns(("tea",)), Patterns(("cup of",)))
    first = matcher(bodies)
    assert matcher((Patterns(("tea",)), Patterns(("cup of",)))) is first
    edited = matcher((Patterns(("tee",)), Patterns(("cup of",))))
    texts = pa.array(["a cup of tee", "tea"])
    assert [rows.tolist() for rows in first.match(texts)[0]] == [[1], [0]]
    assert [rows.tolist() for rows in edited.match(texts)[0]] == [[0], [0]]


def test_threads_do_not_share_what_is_scanned_with():
    bodies = (Patterns(("tea",)),)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(matcher, bodies).result() is not matcher(bodies)
