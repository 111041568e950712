"""The student for spans: a tagger that learns from soft spans and marks new texts.

Not here: what rules or models mark (``labeling/rules/spans/``), and what their marks mean together.
"""
