"""The classifier that learns from consensus and gold.

Not here: the models that make vectors of texts (``resources/models/``).
"""
