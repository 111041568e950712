"""What Dagster notes of a database that is away for a moment stays with it; what else is noted is told."""

import logging

from resources.dagster.instance import keep_retries_quiet


def test_retries_are_not_told_and_nothing_of_lower_worth_is_from_then_on(monkeypatch, capsys):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "filters", [])
    for _ in range(2):  # it is asked at each opening
        keep_retries_quiet()
    logging.warning("Retrying failed database connection: %s", "psycopg2 said so")
    logging.getLogger("dagster.builtin").info("running a command")
    logging.warning("a disk is full")
    assert capsys.readouterr().err == "a disk is full\n"
    assert len(root.filters) == len(root.handlers) == 1
