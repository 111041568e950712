"""How sure a model was, and how likely that makes a vote to be right.

Not here: how far voters are trusted (``labeling/consensus/``).
"""
