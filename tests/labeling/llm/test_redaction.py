"""What must not be sent is not sent; what may be, is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import PromptError
from labeling.llm.providers.redaction import redactor

SECRETS = {
    "email": "ann.lee+x@mail.example.co.uk",
    "card": "4111-1111-1111-1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "phone": "+49 170 1234567",
    "us_ssn": "536-90-4399",
    "ip_address": "192.168.17.4",
    "token": "sk-proj-abcdEFGH1234567890xyz",
    "password": "hunter2-and-more",
    "private_key": "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----",
}
SENTENCES = {**dict.fromkeys(SECRETS, "Please use {} today."), "password": "The password: {} works"}


@pytest.mark.parametrize("kind", SECRETS)
def test_every_kind_is_taken_out_of_a_sentence(kind):
    text = SENTENCES[kind].format(SECRETS[kind])
    redacted = redactor()(text)
    assert SECRETS[kind] not in redacted
    assert f"[{kind}]" in redacted


@pytest.mark.parametrize(
    "text",
    [
        "My order 20260314 came on 14.03.2026 at 10:30",
        "Version 1.2.3 costs 19.99 EUR, not 1,999.00",
        "I waited 3-5 days and called twice",
        "The token economy is a risk; see section 4.1.2",
        "serial 1234 5678 9012 3456",
    ],
)
def test_ordinary_numbers_and_words_stay(text):
    assert redactor()(text) == text


def test_only_the_kinds_that_were_asked_for_are_taken_out():
    text = "ann@example.org 192.168.17.4"
    assert redactor(["email"])(text) == "[email] 192.168.17.4"


def test_patterns_of_the_task_come_first():
    assert redactor(own={"ticket": r"T-\d+"})("see T-4711") == "see [ticket]"


def test_a_wrong_kind_or_pattern_is_told():
    with pytest.raises(PromptError, match="knows no kind 'phones'; it knows private_key"):
        redactor(["phones"])
    with pytest.raises(PromptError, match="'x' cannot be read"):
        redactor(own={"x": "("})


@settings(deadline=None)
@given(st.text(max_size=200))
def test_redacting_twice_changes_nothing_more(text):
    redact = redactor()
    assert redact(redact(text)) == redact(text)
