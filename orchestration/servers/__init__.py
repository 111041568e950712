"""The servers that ``touchstone up`` starts, and the gate in front of them.

Not here: the review console itself (``console/``).
"""
