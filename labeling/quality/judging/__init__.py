"""May a model replace a person? Both answered the same items, and nobody knows the truth.

Not here: how often a model is right, which takes gold (``labeling/quality/estimates/accuracy.py``).
"""
