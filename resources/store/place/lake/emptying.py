"""A lake's files taken out of a bucket, where no folder can be deleted."""

import duckdb

from resources.store.place.lake.address import LakeAddress
from resources.store.place.lake.attaching import ALIAS, attach
from resources.store.place.lake.extensions import OFFLINE
from resources.task.errors import DamagedError

OURS = (
    "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
)


def empty_bucket(lake: LakeAddress) -> None:
    """Delete every file that a catalog knows, of all versions; one that is damaged knows none.

    Raises
    ------
    TaskError
        If the bucket or the catalog does not answer.
    """
    with duckdb.connect(config=dict(OFFLINE)) as db:
        try:
            attach(db, lake)
        except DamagedError:
            return
        db.execute(f"use {ALIAS}")
        for schema, name in db.execute(OURS).fetchall():
            db.execute(f'drop table "{schema}"."{name}"')
        db.execute(f"call ducklake_expire_snapshots('{ALIAS}', older_than => now())")
        db.execute(f"call ducklake_cleanup_old_files('{ALIAS}', cleanup_all => true)")
