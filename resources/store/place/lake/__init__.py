"""Tables in a DuckLake: Parquet files in a folder or in S3, and a catalog in a file or in PostgreSQL.

Not here: what task.yaml may say of it (``resources/task/settings/store.py``), and who may have a place
open, and for how long (``held.py`` above).
"""
