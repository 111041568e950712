"""``touchstone up``: Dagster, MLflow and the review consoles, until Ctrl-C."""

import json
import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Annotated

import typer
from filelock import FileLock, Timeout
from rich.console import Console

from orchestration.servers.processes import LOOPBACK, Service, Services, answers_http, free_port
from resources.environment import child_environment, var_folder
from resources.task.errors import TaskError
from resources.task.locate import all_tasks
from resources.task.task import Task

PATIENCE_S = 240.0
"""How long services may take until they answer, in seconds: MLflow makes its tables first."""

Port = Annotated[
    int,
    typer.Option(
        min=1, max=65535, help="Port of the server; the next that is free, if it is taken."
    ),
]

EXAMPLES = (
    "up",
    "up invoices --dagster-port 3001 --mlflow-port 5001 --console-port 8766 --json",
)


def up(
    task: Annotated[
        list[str] | None,
        typer.Argument(help="Tasks to open; every task, if none is named."),
    ] = None,
    dagster_port: Port = 3000,
    mlflow_port: Port = 5000,
    console_port: Port = 8765,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the addresses as one line of JSON.")
    ] = False,
) -> None:
    """Start Dagster, MLflow and the review consoles on this machine; Ctrl-C ends them all."""
    project = Path.cwd()
    from resources.dagster.machines.one_daemon import refuse_second_daemon

    tasks = _chosen(project, task or [])
    var = var_folder(project)
    var.mkdir(parents=True, exist_ok=True)
    refuse_second_daemon(project)
    lock = FileLock(var / "up.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise TaskError(
            f"touchstone up is already running on {var}; end it first, "
            "or set TOUCHSTONE_VAR to another folder"
        ) from None
    # the lock file stays: removing it would let two of us hold it at once
    said = Console(stderr=True)
    names = ", ".join(task.name for task in tasks) or "no task"
    said.print(f"starting Dagster, MLflow and the review of {names} ...", soft_wrap=True)
    with lock, _stop_on_signals() as stop, TemporaryDirectory(prefix="touchstone-") as sockets:
        ports: set[int] = set()
        services = _services(
            tasks,
            var,
            project,
            Path(sockets),
            dagster=free_port(dagster_port, ports),
            mlflow=free_port(mlflow_port, ports),
            consoles=[free_port(console_port, ports) for _ in tasks],
        )
        _run(services, tasks, project, var, stop, as_json=as_json)


def _run(
    services: list[Service],
    tasks: list[Task],
    project: Path,
    var: Path,
    stop: threading.Event,
    *,
    as_json: bool,
) -> None:
    from resources.dagster.instance import dagster_home

    said = Console(stderr=True)
    environment = child_environment(
        DAGSTER_HOME=str(dagster_home(var, project)), TOUCHSTONE_VAR=str(var)
    )
    with Services(services, project, var / "logs", environment) as running:

        def tell(service: Service, seconds: float) -> None:
            said.print(f"  {service.name} answers after {seconds:.0f} s", soft_wrap=True)

        if running.wait_until_answering(stop, PATIENCE_S, tell):
            addresses = _addresses(services, tasks)
            if as_json:
                typer.echo(json.dumps(addresses))
            else:
                for line in _lines(addresses, tasks, running.logs):
                    typer.echo(line)
            running.watch(stop)
        said.print("ending ...")
    said.print("ended; no process is left.")


def _services(
    tasks: list[Task],
    var: Path,
    project: Path,
    sockets: Path,
    *,
    dagster: int,
    mlflow: int,
    consoles: list[int],
) -> list[Service]:
    """List what is started: at once, but for Dagster, which asks every task's code at its start."""
    from orchestration.servers.code_servers import code_servers, write_workspace
    from resources.dagster.instance import open_instance
    from resources.dagster.living import daemon_answers, end_lost_runs

    began = time.time()
    with open_instance(var, project) as instance:
        end_lost_runs(instance, launched=True)

    def daemon_is_alive() -> bool:
        with open_instance(var, project) as instance:
            return daemon_answers(instance, began)

    def at(port: int) -> str:
        return f"http://{LOOPBACK}:{port}"

    code = code_servers(tasks, sockets)
    names = tuple(service.name for service in code)
    workspace = str(write_workspace(tasks, sockets, var / "dagster" / "up.yaml"))
    gated = [sys.executable, "-m", "orchestration.servers.gated"]
    found = [
        *code,
        Service(
            "mlflow",
            [
                *gated,
                *("mlflow", "server"),
                *("--backend-store-uri", f"sqlite:///{var / 'mlflow.db'}"),
                *("--artifacts-destination", str(var / "mlflow-artifacts")),
                *("--host", LOOPBACK, "--port", str(mlflow), "--workers", "1"),
            ],
            lambda: answers_http(f"{at(mlflow)}/health"),
            at(mlflow),
        ),
    ]
    for task, port in zip(tasks, consoles, strict=True):
        address = at(port)
        found.append(
            Service(
                f"console {task.name}",
                [_program("touchstone"), "review", str(task.folder), "--port", str(port)],
                lambda address=address: answers_http(f"{address}/api/health"),
                address,
            )
        )
    serve = ["dagster-webserver", "-h", LOOPBACK, "-p", str(dagster), "-w", workspace]
    found += [
        Service(
            "dagster",
            [*gated, *serve],
            lambda: answers_http(f"{at(dagster)}/server_info"),
            at(dagster),
            names,
        ),
        Service(
            "dagster daemon",
            [*gated, "dagster-daemon", "run", "-w", workspace],
            daemon_is_alive,
            after=names,
        ),
    ]
    return found


def _chosen(project: Path, names: list[str]) -> list[Task]:
    if not (project / "workspace.yaml").is_file():
        raise TaskError(
            f"{project} has no workspace.yaml; go to the project's folder, where tasks/ is too"
        )
    tasks = {task.name: task for task in all_tasks(project)}
    strangers = [name for name in names if name not in tasks]
    if strangers:
        raise TaskError(
            f"there is no task {strangers[0]!r}; there are {', '.join(tasks) or 'none'}"
        )
    return [task for name, task in tasks.items() if name in names or not names]


def _program(name: str) -> str:
    """Return the program beside our Python, whether or not its environment is activated."""
    return str(Path(sys.executable).with_name(name))


@contextmanager
def _stop_on_signals() -> Generator[threading.Event]:
    """Yield an event that Ctrl-C, a request to end and a closed terminal set."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    before = {
        which: signal.signal(which, ask) for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield stop
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


def _charts(mlflow: str, task: Task) -> str:
    """Return where MLflow draws a task's batches; its start page before the first run."""
    import httpx

    try:
        found = httpx.get(
            f"{mlflow}/api/2.0/mlflow/experiments/get-by-name",
            params={"experiment_name": task.name},
            timeout=10,
            trust_env=False,
        )
        number = found.json()["experiment"]["experiment_id"]
    except (httpx.HTTPError, ValueError, KeyError):
        return mlflow
    return (
        f"{mlflow}/#/experiments/{number}/runs?compareRunsMode=CHART&workflowType=machine_learning"
    )


def _addresses(services: list[Service], tasks: list[Task]) -> dict[str, str]:
    """Name every address; MLflow's by task, on the charts over its batches."""
    found = {service.name: service.address for service in services if service.address}
    return found | {f"mlflow {task.name}": _charts(found["mlflow"], task) for task in tasks}


def _lines(addresses: dict[str, str], tasks: list[Task], logs: Path) -> list[str]:
    """Say what answers where, a line each: an address is whole, however narrow the terminal."""
    rows = [("Dagster", addresses["dagster"]), ("MLflow", addresses["mlflow"])]
    for task in tasks:
        console = addresses[f"console {task.name}"]
        rows += [
            (f"{task.name}: review", console),
            (f"{task.name}: report", f"{console}/dashboard"),
            (f"{task.name}: charts", addresses[f"mlflow {task.name}"]),
        ]
    rows.append(("logs", str(logs)))
    width = max(len(what) for what, _ in rows)
    return [
        "Touchstone is up. Ctrl-C ends it.",
        *(f"{what:<{width}}  {where}" for what, where in rows),
    ]
