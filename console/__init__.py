"""What people see: the review console and the dashboard.

Not here: figures that were not published, and where answers are kept (``resources/reviews/``).
"""
