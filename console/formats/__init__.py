"""Reviews as files: CSV, JSONL and Label Studio JSON, without loss in either direction.

Not here: files of items and labels (``labeling/files/``, ``labeling/items/``).
"""
