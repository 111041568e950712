"""What watches quality batch by batch, and where an alarm comes from.

Not here: sending alarms to people (``resources/alerts/``).
"""
