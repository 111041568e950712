"""Commands about where a task's tables lie, and what they were before.

Not here: what a task is begun anew with (``cli/everyday/reset.py``), and how tables are kept
(``resources/store/place/``).
"""
