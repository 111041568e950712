"""``touchstone doctor``, and what it looks at.

Not here: mending. It looks, and says what to do.
"""
