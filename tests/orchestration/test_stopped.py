"""Ctrl-C ends a run with one sentence, whatever was under way."""

import os
import signal

import dagster as dg
import pytest
import typer

from cli.everyday.run import STOPPED_EXIT, run
from orchestration import running
from orchestration.one_job import run_job


def test_ctrl_c_within_a_step_is_ctrl_c_to_who_asked_for_it():
    @dg.asset
    def slow():
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(10**9):
            pass

    job = dg.define_asset_job("slowly", [slow])
    defs = dg.Definitions(assets=[slow], jobs=[job])
    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(KeyboardInterrupt):
        run_job(defs, instance, "slowly", None)


def test_a_run_that_is_stopped_says_how_to_go_on(ran_task, monkeypatch, capsys):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "run_task", stopped)
    with pytest.raises(typer.Exit) as ended:
        run(ran_task.task.folder)
    assert ended.value.exit_code == STOPPED_EXIT
    assert "`touchstone run letters` goes on" in capsys.readouterr().err
