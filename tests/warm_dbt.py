"""dbt for the tests: imported once, and forked for each call, since a call is mostly imports.

What is called, with which arguments, where, and in which environment stays as it is; see
:mod:`tests.dbt_known` for what it need not read twice. Processes that a test starts by itself find
the real dbt.
"""

import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.dbt_known import remember, warm_up
from tests.dbt_templates import keep_templates

ROOT = Path(__file__).parents[1]
CLIENT = """#!{python} -IS
import json, os, signal, socket, sys
signal.signal(signal.SIGTERM, signal.SIG_DFL)  # whoever started the tests may have it ignored
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    said = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(said).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(said)
    code = server.recv(1)
sys.exit(code[0] if code else 1)
"""


class WarmDbt:
    """Stands where the path of dbt stands; the server starts when that is asked for."""

    server = "tests.warm_dbt"

    def __init__(self, real: Path) -> None:
        self.real = real

    @staticmethod
    def write_client(path: Path, address: str) -> None:
        """Write what is called in place of dbt, and hands the call on to ``address``."""
        path.write_text(CLIENT.format(python=sys.executable, address=address))
        path.chmod(0o700)

    @cached_property
    def _folder(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="dbt_"))

    @cached_property
    def _path(self) -> str:
        address, path = str(self._folder / "socket"), self._folder / "dbt"
        self.write_client(path, address)
        command = [sys.executable, "-m", self.server, address]
        self._server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == b"ready\n"
        return str(path)

    def __str__(self) -> str:
        return self._path

    def end(self) -> None:
        """Stop the server, if one was started."""
        if "_path" in self.__dict__:
            self._server.kill()
            self._server.wait()  # a call that goes on has its pipe, and may keep it
            assert self._server.stdout is not None
            self._server.stdout.close()
            shutil.rmtree(self._folder)


def dbt(folder: Path) -> Callable[..., Any]:
    """Import dbt and its adapter, and make ready what every call needs."""
    from dbt.cli.main import cli

    warm_up(ROOT / "transforms")
    keep_templates(folder / "templates")
    remember(folder)
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "a fork would have no other thread"
    return cli


def serve(address: str, command: Callable[..., Any]) -> None:
    """Answer each call of ``command`` with a process of its own."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        os.write(1, b"ready\n")
        gc.freeze()
        while True:
            caller, _ = door.accept()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                door.close()
                answer(caller, command)
                os._exit(0)
            caller.close()


def answer(caller: socket.socket, command: Callable[..., Any]) -> None:
    """Run the command as ``caller`` would, tell how it ended, and end it if the caller is gone."""
    size, files, *_ = socket.recv_fds(caller, 8, 3)
    with caller.makefile("rb") as said:
        arguments, folder, environment = json.loads(said.read(int.from_bytes(size, "big")))
    child = os.fork()
    if child == 0:
        caller.close()
        for at, file in enumerate(files):
            os.dup2(file, at)
            os.close(file)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = arguments
        sys.exit(command(prog_name=Path(arguments[0]).name))
    for file in files:
        os.close(file)
    ended = os.pidfd_open(child)
    ready, *_ = select.select([ended, caller], [], [])
    if ended not in ready:
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with suppress(BrokenPipeError):
        caller.sendall(bytes([code if 0 <= code < 256 else 1]))


if __name__ == "__main__":
    serve(sys.argv[1], dbt(Path(sys.argv[1]).parent))
