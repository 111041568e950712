"""One question about an item, with a grade as its answer.

Not here: classes without an order (``labeling/kinds/single/``).
"""
