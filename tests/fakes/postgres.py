"""A PostgreSQL of a test's own: in a temporary folder, on a free port of 127.0.0.1."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from labeling.state.postgres import PostgresSchema


def folder_of_programs() -> Path | None:
    """Return where ``initdb`` and ``pg_ctl`` are, Debian's newest first; ``None`` where they are not."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    return max(found, default=None) or (Path(on_path).parent if on_path else None)


class Postgres:
    """One server; root, whom it refuses, starts it as somebody else."""

    def __init__(self, programs: Path) -> None:
        # pytest's own folders are shut to everybody else
        self.folder, self.programs = Path(tempfile.mkdtemp(prefix="postgres_")), programs
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if os.getuid() == 0:
            shutil.chown(self.folder, self._user())
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "keeper", "--auth=trust")
        self.start()

    @property
    def address(self) -> str:
        """Its database as task.yaml names it."""
        return f"postgres://keeper@127.0.0.1:{self.port}/postgres"

    def database(self) -> str:
        """Make a database of which nobody else knows, and return its address."""
        import psycopg

        name = f"kept_{secrets.token_hex(8)}"
        with psycopg.connect(self.address, autocommit=True) as db:
            db.execute(f'create database "{name}"')  # type: ignore[arg-type]
        return f"{self.address.rpartition('/')[0]}/{name}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._ctl("start", "-o", options, "-l", str(self.folder / "log"))

    def stop(self) -> None:
        """Cut every line."""
        self._ctl("stop", "-m", "immediate")

    def end(self) -> None:
        """Stop for good, and leave nothing."""
        self.stop()
        shutil.rmtree(self.folder)

    def _ctl(self, word: str, *options: str) -> None:
        self._run("pg_ctl", word, "-w", "-D", str(self.folder / "data"), *options)

    def _run(self, program: str, *arguments: str) -> None:
        as_other: Sequence[str] = ()
        if os.getuid() == 0:
            as_other = ("setpriv", f"--reuid={self._user()}", "--clear-groups", "--")
        done = subprocess.run(
            [*as_other, str(self.programs / program), *arguments],
            cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    @staticmethod
    def _user() -> str:
        try:
            return pwd.getpwnam("postgres").pw_name
        except KeyError:
            return "nobody"


def shared_ledger(server: Postgres) -> PostgresSchema:
    """Return where a new ledger would be kept in a schema of its own."""
    return PostgresSchema(server.address, f"shared_{secrets.token_hex(8)}", "calls")
