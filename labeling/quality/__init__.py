"""How good the labels are, and whether that changed.

Not here: which items were reviewed and why (``labeling/sampling/``).
"""
