"""Which items measure: drawn at random, with known chances.

Not here: which items teach (``labeling/sampling/queue.py``).
"""
