"""``touchstone up``: Dagster, MLflow and the review consoles, until Ctrl-C."""

import json
import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from filelock import FileLock, Timeout
from rich.console import Console
from rich.table import Table

from orchestration.environment import child_environment, var_folder
from orchestration.services import LOOPBACK, Service, Services, answers_http, free_port
from orchestration.task.errors import TaskError
from orchestration.task.locate import all_tasks
from orchestration.task.task import Task

PATIENCE_S = 240.0
"""How long services may take until they answer, in seconds: MLflow makes its tables first."""

Port = Annotated[int, typer.Option(min=1, max=65535, help="If it is taken, the next that is free.")]


def up(
    task: Annotated[
        list[str] | None,
        typer.Argument(help="Tasks to open a review console for; every task, if none is named."),
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
    tasks = _chosen(project, task or [])
    var = var_folder(project)
    var.mkdir(parents=True, exist_ok=True)
    lock = FileLock(var / "up.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise TaskError(
            f"touchstone up is already running on {var}; end it first, "
            "or set TOUCHSTONE_VAR to another folder"
        ) from None
    # the lock file stays: removing it would let two of us hold it at once
    with lock, _stop_on_signals() as stop:
        ports: set[int] = set()
        services = _services(
            tasks,
            var,
            dagster=free_port(dagster_port, ports),
            mlflow=free_port(mlflow_port, ports),
            consoles=[free_port(console_port, ports) for _ in tasks],
        )
        _run(services, project, var, stop, as_json=as_json)


def _run(
    services: list[Service], project: Path, var: Path, stop: threading.Event, *, as_json: bool
) -> None:
    from orchestration.instance import dagster_home

    said = Console(stderr=True)
    environment = child_environment(DAGSTER_HOME=str(dagster_home(var)), TOUCHSTONE_VAR=str(var))
    with Services(services, project, var / "logs", environment) as running:
        with said.status("starting") as status:

            def tell(service: Service, seconds: float) -> None:
                status.update(f"starting: {service.name} answered after {seconds:.0f} s")

            ready = running.wait_until_answering(stop, PATIENCE_S, tell)
        if ready:
            if as_json:
                typer.echo(json.dumps({s.name: s.address for s in services if s.address}))
            else:
                Console().print(_table(running), soft_wrap=True)
            running.watch(stop)
        said.print("ending ...")
    said.print("ended; no process is left.")


def _services(
    tasks: list[Task], var: Path, *, dagster: int, mlflow: int, consoles: list[int]
) -> list[Service]:
    from orchestration.instance import daemon_answers, end_lost_runs, open_instance

    began = time.time()
    with open_instance(var) as instance:
        end_lost_runs(instance, launched=True)

    def daemon_is_alive() -> bool:
        with open_instance(var) as instance:
            return daemon_answers(instance, began)

    def at(port: int) -> str:
        return f"http://{LOOPBACK}:{port}"

    found = [
        Service(
            "dagster",
            [_program("dagster-webserver"), "-h", LOOPBACK, "-p", str(dagster)],
            lambda: answers_http(f"{at(dagster)}/server_info"),
            at(dagster),
        ),
        Service("dagster daemon", [_program("dagster-daemon"), "run"], daemon_is_alive),
        Service(
            "mlflow",
            [
                _program("mlflow"),
                "server",
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


def _table(running: Services) -> Table:
    table = Table(title="Touchstone is up. Ctrl-C ends it.", title_justify="left")
    table.add_column("what")
    table.add_column("address", no_wrap=True)
    table.add_column("log", no_wrap=True)
    names = {
        "dagster": "Dagster: lineage, runs, checks, schedules, sensors",
        "dagster daemon": "Dagster's daemon: schedules, sensors, automation",
        "mlflow": "MLflow: a run a batch",
    }
    for service in running.services:
        log = str(running.log_of(service))
        task = service.name.removeprefix("console ")
        if task == service.name:
            table.add_row(names[service.name], service.address or "-", log)
        else:
            table.add_row(f"Review console of {task}", service.address, log)
            table.add_row(f"Report of {task}", f"{service.address}/dashboard", log)
    return table
