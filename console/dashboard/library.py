"""What draws the charts: Vega, Vega-Lite and Vega-Embed as one script, made once and kept."""

import os
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

BUILT = Path(__file__).parent / "built"
"""Beside the code, as what dbt builds is beside its models; what stands there was made here."""


@cache
def chart_library() -> str:
    """Return the script, about 900 kB; making it takes a second and a half, reading it nothing.

    Where the code's folder cannot be written it is made by every process that draws.
    """
    kept = BUILT / f"charts-{version('vl-convert-python')}.js"
    with suppress(OSError):
        return kept.read_text(encoding="utf-8")
    import vl_convert

    made = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    with suppress(OSError):
        BUILT.mkdir(exist_ok=True)
        unfinished = kept.with_suffix(f".{os.getpid()}.tmp")
        unfinished.write_text(made, encoding="utf-8")
        unfinished.replace(kept)
    return made
