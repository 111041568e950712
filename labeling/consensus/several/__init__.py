"""Several labels an item: one yes-or-no question a class, and what the questions tell of each other.

Not here: how answers become votes on units (``labeling/kinds/``), nor how good released answers are.
"""
