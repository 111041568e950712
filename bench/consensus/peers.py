"""The peers' own environments, made on first use under ``bench/.peers``."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PEERS = HERE.parent / ".peers"
STEPS = {
    "snorkel": ["requirements-torch.txt", "requirements-snorkel.txt"],
    "crowdkit": ["requirements-crowdkit.txt"],
}


def python_of(peer: str) -> Path:
    """Return the interpreter of a peer's environment, installing it if it is not there.

    torch goes in first and by pip: a step of its own finds the wheel without the GPU libraries.
    """
    home = PEERS / peer
    python = home / "bin" / "python"
    done = home / ".installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        for step in STEPS[peer]:
            install = [str(python), "-m", "pip", "install", "-q", "-r", str(HERE / step)]
            subprocess.run(install, check=True)
        done.touch()
    return python


def ask(peer: str, *arguments: str) -> dict[str, Any]:
    """Run ``peer_<peer>.py`` in its environment and return the JSON of its last line."""
    command = [str(python_of(peer)), str(HERE / f"peer_{peer}.py"), *arguments]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout.strip().splitlines()[-1])
