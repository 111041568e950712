"""Rules that a model writes: what it is asked, what of its answer can be a rule, and which are admitted.

Not here: sending the question (``labeling/llm/question.py``), and the files of a task.
"""

AT_LEAST = 0.7
"""Precision that a rule is to reach surely, where nobody says another."""

COUNT = 10
"""Rules that are asked for, where nobody says how many."""
