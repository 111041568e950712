"""What others read: Parquet, report, MLflow, and the SQL in between.

Not here: figures. What is published was worked out before, but for what SQL counts
(``transforms/``).
"""
