"""Where the parts of a batch are worked on: this process, or a cluster that people have.

Not here: what is done to a part (``labeling/``, ``assets/``), and where rows lie for good
(``resources/store/``).
"""
