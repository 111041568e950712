"""Patterns in texts, all of them at once, with the answers of Python's ``re``.

Not here: which rule a pattern belongs to (``labeling/rules/engine.py``).
"""
