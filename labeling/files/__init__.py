"""Files that people bring: CSV, JSON Lines and Parquet. What names something in them is text."""
