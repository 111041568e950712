"""Commands for a task in its everyday life: run it, look at it, review, alarm, hand on.

Not here: what needs no task (``cli/file/``), and what is about language models alone
(``cli/models/``).
"""
