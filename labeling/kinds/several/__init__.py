"""A yes-or-no question about each class, and the set of classes as the answer.

Not here: what all kinds share (``labeling/kinds/``), nor how votes on the questions are weighed
(``labeling/consensus/several/``).
"""
