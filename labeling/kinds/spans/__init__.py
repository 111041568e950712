"""Which stretches of a text are of which class.

Not here: what all kinds share (``labeling/kinds/``), nor how marks of voters become one answer
(``labeling/consensus/spans/``).
"""
