"""A simulated model on loopback, for demonstrations and tests; it never pretends to be a real one.

Not here: fakes that only tests need (``tests/fakes/``).
"""
