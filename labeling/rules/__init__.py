"""Voters that a person wrote: keywords, patterns, SQL, functions.

Not here: how far a rule is to be trusted (``labeling/consensus/``).
"""
