"""Dagster's and MLflow's servers with a gate in front: ``python -m orchestration.servers.gated PROGRAM ...``.

Both are open to every page of the same browser and under every host name. Nothing listens beside
the gate: it wraps the application within their own process. Dagster's daemon, which listens to nobody,
is let through once: an instance has one, on whatever machine.

Called in the folder of the project; DAGSTER_HOME is found there, unless it is set.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labeling.errors import LabelingError
from resources.environment import prepare, use_home

GRAPHQL = ("/graphql",)
MLFLOW_APP = "orchestration.servers.gated:mlflow_app"


def dagster_webserver(arguments: list[str]) -> None:
    """Run Dagster's web server, its application behind the gate."""
    import uvicorn
    from dagster_webserver import cli

    from console.origin import OriginGate

    run: Callable[..., Any] = uvicorn.run

    def run_gated(app: Any, *positions: Any, **names: Any) -> Any:
        return run(OriginGate(app, changing=GRAPHQL), *positions, **names)

    uvicorn.run = run_gated
    sys.argv = ["dagster-webserver", *arguments]
    cli.main()


def dagster_daemon(arguments: list[str]) -> None:
    """Run Dagster's daemon, unless another one works for the same instance."""
    from dagster._daemon.cli import main as run_daemon

    from resources.dagster.machines.one_daemon import one_daemon

    sys.argv = ["dagster-daemon", *arguments]
    with one_daemon(Path.cwd()):
        run_daemon()


def mlflow(arguments: list[str]) -> None:
    """Run MLflow's server, which starts uvicorn as a program of its own, on our application.

    An MLflow that builds that command in another way ends here instead of serving without a gate.
    """
    from mlflow import cli, server

    from resources.tracking.tracking_store import ready_tracking_store

    uri = arguments[arguments.index("--backend-store-uri") + 1]
    ready_tracking_store(Path(uri.removeprefix("sqlite:///")).parent)
    build: Callable[..., list[str]] = server._build_uvicorn_command  # noqa: SLF001 - no other way in

    def build_gated(
        opts: Any, host: Any, port: Any, workers: Any, app: str, *more: Any
    ) -> list[str]:
        if app != "mlflow.server.fastapi_app:app":
            raise SystemExit(f"MLflow wants to serve {app}, for which there is no gate")
        return [
            MLFLOW_APP if one == app else one
            for one in build(opts, host, port, workers, app, *more)
        ]

    server._build_uvicorn_command = build_gated  # noqa: SLF001
    cli.cli(arguments)


def __getattr__(name: str) -> Any:
    """Make MLflow's application behind the gate, once uvicorn asks for it."""
    if name != "mlflow_app":
        raise AttributeError(name)
    from mlflow.server.fastapi_app import app

    from console.origin import OriginGate

    return OriginGate(app)


PROGRAMS = {
    "dagster-webserver": dagster_webserver,
    "dagster-daemon": dagster_daemon,
    "mlflow": mlflow,
}


def main(program: str, *arguments: str) -> None:
    """Run a program, and say in a sentence what a user can mend."""
    try:
        if program.startswith("dagster"):
            from resources.dagster.instance import ready_home

            use_home(lambda: ready_home(Path.cwd()))
        PROGRAMS[program](list(arguments))
    except LabelingError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    prepare()
    main(*sys.argv[1:])
