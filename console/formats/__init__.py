"""Reviews and spans as files of our own and of other programs, without loss in either direction.

Not here: files of items and labels (``labeling/files/``, ``labeling/items/``).
"""
