"""Whether a code server on this machine answers for its code: ``python -m orchestration.servers.code_answers PORT``.

``dagster code-server`` hands calls on to a process of its own, and goes on saying that it serves where that one has died.
"""

import sys

from dagster._api.list_repositories import sync_list_repositories_grpc
from dagster._grpc.client import DagsterGrpcClient


def code_answers(port: int) -> str | None:
    """Ask for the repositories; return what is wrong, ``None`` where they come."""
    try:
        sync_list_repositories_grpc(DagsterGrpcClient(port=port, host="127.0.0.1"))
    except Exception as error:  # noqa: BLE001  whatever comes of a server that does not serve
        return f"the code server on port {port} does not answer for its code: {str(error).splitlines()[0]}"
    return None


if __name__ == "__main__":
    sys.exit(code_answers(int(sys.argv[1])))
