"""What voters did, added up: nothing is left out, and nothing is there that nobody did."""

from collections import Counter
from dataclasses import fields

from labeling.llm.providers.tally import Tally, total
from labeling.llm.providers.transport import Fault


def some(n: int) -> Tally:
    """A tally of which every field says another number; times of different ``n`` differ."""
    made = Tally()
    for at, field in enumerate(fields(Tally), start=1):
        size = n * at
        value = getattr(made, field.name)
        if isinstance(value, int | float):
            setattr(made, field.name, type(value)(size))
        elif isinstance(value, Counter):
            key = Fault.TIMED_OUT if field.name == "faults" else f"reason {n}"
            setattr(made, field.name, Counter({key: size}))
        elif isinstance(value, str):
            setattr(made, field.name, f"because {n}")
        else:
            setattr(made, field.name, type(value)([f"{field.name} {n}"]))
    return made


def test_the_total_of_one_voter_is_what_it_did_and_of_nobody_is_nothing():
    assert total([some(1)]) == some(1)
    assert not any(getattr(total([]), field.name) for field in fields(Tally))


def test_every_field_of_two_voters_is_added_and_the_first_reason_to_stop_is_kept():
    one, other = some(1), some(100)
    whole = total([Tally(), one, other])
    assert whole.why == one.why
    for name in (field.name for field in fields(Tally) if field.name != "why"):
        mine, theirs = getattr(one, name), getattr(other, name)
        both = mine | theirs if isinstance(mine, set) else mine + theirs
        assert getattr(whole, name) == both, name
