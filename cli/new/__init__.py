"""``touchstone new`` with the examples that it copies, and ``touchstone schema``.

Not here: the tasks of this repository (``tasks/``).
"""
