"""One question about an item, with one class as its answer.

Not here: what all kinds share (``labeling/kinds/``).
"""
