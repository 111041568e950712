"""How an answer gets into the review store: handed out, answered, written down once.

Not here: the store that calls this (``resources/reviews/store.py``), and what an answer settles (``settle.py``).
"""
