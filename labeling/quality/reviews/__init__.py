"""Quality out of a plain table of reviews.

Not here: reviews of a task, which stand in its store (``resources/reviews/``).
"""
