"""How good marked spans are: whole items were drawn, and all of their spans reviewed.

Not here: how accuracy of whole answers is measured (``labeling/quality/estimates/accuracy.py``).
"""
