"""Texts as vectors: from a model asked through LiteLLM or on this machine, kept in SQLite.

Not here: what a student makes of them (``labeling/student/``).
"""
