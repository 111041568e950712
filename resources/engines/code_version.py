"""What code runs here, so that workers with other code are found before they answer."""

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

import labeling

OURS = ("labeling", "resources", "assets")
"""Our own packages that parts of a batch are worked on by."""

PACKAGES = ("duckdb", "hyperscan", "numpy", "pyarrow", "scikit-learn", "scipy")
"""Packages that answers may depend on in their last digits."""


@cache
def code_version() -> dict[str, str]:
    """Name the versions that workers must share: Python, packages, and a hash of our own modules.

    Examples
    --------
    >>> sorted(code_version())
    ['Python', 'Touchstone', 'duckdb', 'hyperscan', 'numpy', 'pyarrow', 'scikit-learn', 'scipy']
    """
    digest = hashlib.sha256()
    root = Path(str(labeling.__file__)).parents[1]
    for path in sorted(path for name in OURS for path in (root / name).rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    return {
        "Python": platform.python_version(),
        "Touchstone": digest.hexdigest()[:12],
        **{name: version(name) for name in PACKAGES},
    }
