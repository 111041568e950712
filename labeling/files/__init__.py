"""Files that people bring: CSV, JSON Lines and Parquet. What names something in them is text.

Not here: which column is what (``labeling/items/``), and files of reviews (``console/formats/``).
"""
