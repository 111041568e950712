"""Which items people should see.

Not here: what their answers prove (``labeling/quality/``).
"""
