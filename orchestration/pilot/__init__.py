"""Prompts tried on a reviewed sample before they are asked of everything.

Not here: the statistics (``labeling/pilots``), and what is printed (``cli/pilot``).
"""
