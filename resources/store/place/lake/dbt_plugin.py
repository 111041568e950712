"""The lake for dbt, which opens it by itself; see ``transforms/profiles.yml``."""

from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from resources.store.place.lake.address import LakeAddress
from resources.store.place.lake.attaching import attach
from resources.store.place.lake.extensions import OFFLINE


class Plugin(BasePlugin):
    """Attaches the lake before dbt would, with the keys of the environment, which no profile holds."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Read where the lake lies."""
        self.lake = LakeAddress(**plugin_config["lake"])

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Have nothing downloaded."""
        del creds
        config.update(OFFLINE)

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Attach the lake."""
        attach(conn, self.lake)
