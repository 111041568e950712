"""What must hold of what is made.

Not here: what is worked out to be judged (``assets/``), and tests of our code (``tests/``).
"""
