"""What can be told of the review store: progress, counts, and what files and other tools need.

Not here: what changes the store (``resources/reviews/store.py``, ``resources/reviews/writing/``).
"""
