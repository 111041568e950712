"""Rules that mark stretches of a text instead of voting on the whole of it.

Offsets are Unicode code points of the stored text, half-open: ``text[start:end]`` is what is
marked. Not here: what marks of several rules together mean (``labeling/consensus/``).
"""
