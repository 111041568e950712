"""How good the labels of items are that may have several classes: whole items were drawn and reviewed.

Not here: how a single class of an item is measured (``labeling/quality/estimates/classes.py``).
"""
