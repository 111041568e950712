"""Several label models read together, and who of them may overrule the majority.

Not here: the models (``labeling/consensus/models/``), and what gold decides (``selection.py``).
"""
