"""Tables in one DuckDB file.

Not here: who may have a place open, and for how long (``held.py`` above).
"""
