"""Pipelines of spaCy as voters: found, hashed, loaded, and let mark what they find.

spaCy is not part of Touchstone; ``touchstone[spacy]`` brings it. It is imported where a pipeline is
loaded: what a pipeline is, and whether it is another one, is told by its files alone. Not here: files
of spans in spaCy's own format (``console/formats/spans/docbin.py``).
"""
