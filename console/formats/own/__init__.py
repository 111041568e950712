"""Our own files of reviews, CSV and JSONL, and the bundle that every format carries.

Not here: files of other tools (``console/formats/tools/``).
"""
