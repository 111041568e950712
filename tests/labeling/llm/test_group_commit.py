"""Who writes into the ledger at one moment hears whether it was committed."""

import asyncio
import sqlite3

import pytest

from labeling.llm.ledger.group_commit import GroupCommit


class FullDisk(sqlite3.Connection):
    """Rolls back by itself where it cannot commit, as SQLite does on a full disk."""

    def execute(self, sql, *given):
        if sql == "commit":
            super().execute("rollback")
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(sql, *given)


def test_a_commit_that_fails_tells_every_writer_of_its_group(tmp_path):
    db = sqlite3.connect(tmp_path / "l.sqlite", isolation_level=None, factory=FullDisk)
    db.execute("create table calls (n)")
    group = GroupCommit(db)

    async def writers():
        writes = [group.write(lambda: db.execute("insert into calls values (1)")) for _ in range(3)]
        return await asyncio.wait_for(asyncio.gather(*writes, return_exceptions=True), timeout=20)

    heard = asyncio.run(writers())
    assert [type(one) for one in heard] == [sqlite3.OperationalError] * 3
    assert "disk is full" in str(heard[0])
    assert db.execute("select count(*) from calls").fetchone() == (0,)
    with pytest.raises(sqlite3.OperationalError, match="no transaction"):
        db.execute("rollback")
