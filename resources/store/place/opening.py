"""Every place that this process has, once each."""

import os
import threading
from pathlib import Path

from resources.store.place.file.opening import OpenFile
from resources.store.place.held import HeldPlace
from resources.store.place.lake.address import LakeAddress
from resources.store.place.lake.opening import OpenLake

_PLACES: dict[str | LakeAddress, HeldPlace] = {}
_PLACES_LOCK = threading.Lock()


def open_place(where: str | LakeAddress) -> HeldPlace:
    """Return what this process has of a file, by its path, or of a lake; the same for each use."""
    if isinstance(where, str):
        where = os.path.abspath(where)  # noqa: PTH100 - Path.absolute keeps ..
    with _PLACES_LOCK:
        if where not in _PLACES:
            _PLACES[where] = OpenFile(Path(where)) if isinstance(where, str) else OpenLake(where)
        return _PLACES[where]
