"""Rules that a model is asked for, measured on reviews and added to a task.

Not here: what it is asked and who is admitted (``labeling/rules/candidates``), and what is printed
(``cli/models``).
"""
