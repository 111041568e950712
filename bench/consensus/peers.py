"""The peers' own environments under ``bench/.peers``, and what they say of a set of votes.

Answers are kept under ``bench/out/consensus`` by a hash of the votes, of the peer's pins and of the
script that asks it: measuring again after a change of ours asks no peer again.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labeling.votes import Votes

HERE = Path(__file__).parent
PEERS = HERE.parent / ".peers"
KEPT = HERE.parent / "out" / "consensus"
STEPS = {
    "snorkel": ["requirements-torch.txt", "requirements-snorkel.txt"],
    "crowdkit": ["requirements-crowdkit.txt"],
}
SECONDS = 600
"""What one method may take on one set."""

NAMES = {
    "snorkel": "Snorkel",
    "dawid_skene": "Dawid-Skene",
    "one_coin": "one-coin",
    "wawa": "Wawa",
    "zero_based_skill": "ZBS",
    "glad": "GLAD",
    "mace": "MACE",
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


def ask(peer: str, *arguments: str, seconds: float | None = None) -> dict[str, Any]:
    """Run ``peer_<peer>.py`` in its environment and return the JSON of its last line."""
    command = [str(python_of(peer)), str(HERE / f"peer_{peer}.py"), *arguments]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds)
    return json.loads(answer.stdout.strip().splitlines()[-1])


def posteriors(
    votes: Votes, peers: Sequence[str] = ("snorkel", "crowdkit"), *, only_kept: bool = False
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the posteriors of each method of the peers, and why there are none of the others.

    With ``only_kept`` nobody is asked: what is not kept is left out.
    """
    found: dict[str, np.ndarray] = {}
    failed: dict[str, str] = {}
    for peer in peers:
        kept = KEPT / f"{peer}-{_key(peer, votes)}.npz"
        if not kept.exists():
            if only_kept:
                continue
            KEPT.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=KEPT) as folder:
                run = {"snorkel": _snorkel, "crowdkit": _crowdkit}[peer]
                said, reasons = run(votes, Path(folder))
                whole = Path(folder) / "whole.npz"
                np.savez_compressed(whole, reasons=json.dumps(reasons), **said)  # type: ignore[reportArgumentType]
                whole.replace(kept)
        with np.load(kept) as file:
            failed |= json.loads(str(file["reasons"]))
            found |= {name: file[name].astype(float) for name in file.files if name != "reasons"}
    return found, failed


def _key(peer: str, votes: Votes) -> str:
    made = hashlib.sha256()
    for part in (votes.item, votes.voter, votes.label):
        made.update(np.ascontiguousarray(part, dtype=np.int64))
    made.update(repr((votes.n_items, votes.n_voters, votes.n_classes, SECONDS)).encode())
    for name in (f"peer_{peer}.py", *STEPS[peer]):
        made.update((HERE / name).read_bytes())
    return made.hexdigest()[:20]


def _snorkel(votes: Votes, folder: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    given, back = folder / "votes.npy", folder / "posterior.npy"
    np.save(given, votes.to_matrix().astype(np.int16))
    try:
        ask("snorkel", str(given), str(votes.n_classes), str(back), seconds=SECONDS)
    except subprocess.TimeoutExpired:
        return {}, {"snorkel": "over the time limit"}
    except subprocess.CalledProcessError as reason:
        return {}, {"snorkel": reason.stderr.strip().splitlines()[-1]}
    return {"snorkel": _settled(np.load(back))}, {}


def _crowdkit(votes: Votes, folder: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    given, back = folder / "votes.npy", folder / "posterior.npz"
    np.save(given, np.column_stack([votes.item, votes.voter, votes.label]))
    sizes = (str(votes.n_classes), str(votes.n_items))
    told = ask("crowdkit", str(given), *sizes, str(back), str(SECONDS))
    with np.load(back) as file:
        said = {name: _settled(file[name]) for name in file.files}
    return said, {name: why for name, why in told.items() if isinstance(why, str)}


def _settled(posterior: np.ndarray) -> np.ndarray:
    """Return equal shares where a peer says nothing that is a number."""
    broken = ~np.isfinite(posterior).all(axis=1)
    return np.where(broken[:, None], 1.0 / posterior.shape[1], posterior)
