"""From files to items: what arrived, what was set aside, and the classes of today.

Not here: how a file is read row by row (``labeling/items/``), and what the classes were before
(``resources/task/classes/``).
"""
