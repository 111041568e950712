"""Quality out of a plain table of reviews.

Not here: reviews of a task (``resources/reviews/``), and what becomes gold (``assets/people/gold.py``).
"""
