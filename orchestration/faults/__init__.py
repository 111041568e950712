"""What went wrong outside of the program: damaged files, and what the machine refused.

Not here: what a user did that cannot work (``resources/task/errors.py``).
"""
