"""Who is told of an alarm, and what people did about it.

Not here: whether an alarm fired (``labeling/quality/``, ``assets/quality/``).
"""
