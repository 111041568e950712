"""Spans in files of other tools: where each keeps them, and in what it counts.

Not here: what an answer of spans is (``labeling/kinds/spans/``), nor who reads which file
(``console/formats/files.py``).
"""
