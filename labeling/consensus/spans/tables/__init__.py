"""Files of marks, for people who only want a consensus.

Not here: what tasks read of their own voters (``labeling/consensus/spans/said.py``).
"""
