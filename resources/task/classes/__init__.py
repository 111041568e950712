"""Classes that change: the record of it, and the edits in a task's files.

Not here: what a change does to votes, labels and answers (``assets/landing/``,
``orchestration/``).
"""
