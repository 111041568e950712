"""What runs when something happens outside.

Not here: what happens by the clock (``orchestration/schedules.py``).
"""
