"""Whether a model still answers as it did.

Not here: whether labels are still right (``labeling/quality/alarms/``).
"""
