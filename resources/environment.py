"""The one place that reads the environment, and sets the switches others read on import."""

import atexit
import gc
import getpass
import os
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

SWITCHES = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else a price list is fetched on import
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # else the server starts workers we never use
    "GX_ANALYTICS_ENABLED": "false",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DAGSTER_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    # our matrices are small: a second BLAS thread spins for three times the work it saves
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""What must be set before dagster, dbt, GX, MLflow or LiteLLM is imported."""


HOLDS_A_KEY = re.compile(
    r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|WEBHOOK(?:_URL)?|DSN)(?:_?\d+)?$",
    re.IGNORECASE,
)
"""Names of variables whose values nobody is to see."""


GARBAGE = (100_000, 50, 100)
"""Objects made between two looks for garbage, and how rarely older ones are looked at: what we import
makes a million that stay, and going through them again and again took a seventh of a run."""


def prepare() -> None:
    """Set the switches, keeping whatever the user set, and look for garbage less often.

    Not at all when the process ends: Python would go through all that was imported several times,
    for 3 of 13 CPU seconds where it was Dagster, dbt, Great Expectations and MLflow, to free what
    the end frees anyway.
    """
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)
    gc.set_threshold(*GARBAGE)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)


def var_folder(project: Path) -> Path:
    """Where everything that is made lives: ``TOUCHSTONE_VAR``, else ``var/`` in the project."""
    return Path(os.environ.get("TOUCHSTONE_VAR") or project / "var").resolve()


def use_home(find: Callable[[], Path]) -> None:
    """Let Dagster, which begins in this process, find its instance, where nobody said it before."""
    if "DAGSTER_HOME" not in os.environ:
        os.environ["DAGSTER_HOME"] = str(find())


def show_ray_token() -> None:
    """Have Ray's client show its token where there is one: it looks once, when it is imported."""
    if "RAY_AUTH_TOKEN" in os.environ or "RAY_AUTH_TOKEN_PATH" in os.environ:
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def child_environment(**extra: str) -> dict[str, str]:
    """Return our environment and ``extra``, for a process that we start."""
    return {**os.environ, **extra}


@contextmanager
def kept(*names: str) -> Generator[None]:
    """Put variables back afterwards, for a library that sets them and leaves them."""
    before = {name: os.environ[name] for name in names if name in os.environ}
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)


def secret(name: str) -> str | None:
    """Return the value of an environment variable that holds a key, or ``None``."""
    return os.environ.get(name) or None


def secrets() -> frozenset[str]:
    """Return the values of all environment variables that hold keys, by their names."""
    return frozenset(
        value for name, value in os.environ.items() if HOLDS_A_KEY.search(name) and value.strip()
    )


def user() -> str:
    """Return the name of who runs this, for records of who did what."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return f"uid {os.getuid()}"
