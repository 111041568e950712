"""``touchstone new`` with the examples that it copies, and ``touchstone schema``."""
