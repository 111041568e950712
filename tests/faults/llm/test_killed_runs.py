"""A run that is killed pays for nothing twice, loses nothing and passes no cap."""

from tests.faults.llm.killing import provider_process, run_killed

GENEROUS = 1.0


def test_after_kill_9_every_item_has_its_answer_and_meter_and_ledger_agree(tmp_path):
    with provider_process(latency_s=0.05) as address:
        killed = run_killed(address, tmp_path / "l.sqlite", 250, kills=1, cap=GENEROUS, seed=1)
    assert killed.kills == 1
    assert killed.said.startswith("250 0")
    assert killed.answered == killed.distinct_answered == 250
    assert killed.answered <= killed.metered <= killed.answered + killed.lost
    assert killed.lost <= 64
    assert killed.metered_usd <= killed.spent_usd <= GENEROUS


def test_a_tight_cap_is_not_passed_by_what_was_in_flight_when_it_was_killed(tmp_path):
    cap = 0.006
    with provider_process(latency_s=0.05) as address:
        killed = run_killed(address, tmp_path / "l.sqlite", 250, kills=1, cap=cap, seed=2)
    assert killed.metered_usd <= killed.spent_usd <= cap
    assert "budget of $0.006 is reached" in killed.said
    assert killed.answered < 250
