"""What there is to label: files read row by row, and rows set aside with a reason.

Not here: the formats themselves (``labeling/files/``), and where rows are kept.
"""
