"""Texts letter by letter: where characters and words begin and end, for all of them at once.

Offsets are Unicode code points of the stored text, half-open. Not here: what stands in a text
(``labeling/rules/``).
"""
