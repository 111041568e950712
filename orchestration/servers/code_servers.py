"""Each task's code, loaded once for Dagster's web server and its daemon, all tasks at the same time.

Left to themselves both would load every task of ``workspace.yaml``, one after the other and twice.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orchestration.servers.processes import Service
from resources.task.task import Task

ANSWER_S = 1.0


def code_servers(tasks: Sequence[Task], sockets: Path) -> list[Service]:
    """List a code server for each task, on a socket of its own: no port is opened."""
    return [
        Service(
            f"code of {task.name}",
            [
                str(Path(sys.executable).with_name("dagster")),
                *("code-server", "start"),
                *("--socket", str(_socket(sockets, at))),
                *("--python-file", str(task.folder / "definitions.py")),
                *("--location-name", task.name),
            ],
            lambda at=at: _answers(_socket(sockets, at)),
        )
        for at, task in enumerate(tasks)
    ]


def write_workspace(tasks: Sequence[Task], sockets: Path, path: Path) -> Path:
    """Write a workspace file that names the code servers, and return its path."""
    locations = [
        {"grpc_server": {"socket": str(_socket(sockets, at)), "location_name": task.name}}
        for at, task in enumerate(tasks)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"load_from": locations}))  # JSON is YAML
    return path


def _socket(sockets: Path, at: int) -> Path:
    """Keep the path short: a socket's may have 107 bytes."""
    return sockets / f"{at}.sock"


def _answers(socket: Path) -> bool:
    """Whether the code is loaded, or has told why it cannot be."""
    if not socket.exists():
        return False
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(f"unix:{socket}") as channel:
        try:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            found = stub.Check(
                health_pb2.HealthCheckRequest(service="DagsterApi"), timeout=ANSWER_S
            )
        except grpc.RpcError:
            return False
    return found.status == health_pb2.HealthCheckResponse.SERVING
