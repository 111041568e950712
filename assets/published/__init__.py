"""What others read: Parquet, report, MLflow, and the SQL in between."""
