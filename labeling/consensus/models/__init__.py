"""Label models, each by itself, and the majority.

Not here: reading several of them together (``labeling/consensus/ensemble/``).
"""
