"""``touchstone new``, and the examples that it copies."""
