"""How good labels, classes and voters are, each with an interval.

Not here: whether that changed (``labeling/quality/alarms/``).
"""
