"""What draws the charts: Vega, Vega-Lite and Vega-Embed as one script."""

from functools import cache
from importlib.metadata import version

from resources.kept import kept


@cache
def chart_library() -> str:
    """Return the script, about 900 kB; making it takes a second and a half, reading it nothing."""
    return kept(f"charts-{version('vl-convert-python')}.js", _made).decode()


def _made() -> bytes:
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").encode()
