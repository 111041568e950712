"""What can be asked about an item: a kind a folder, and everything that depends on it.

Not here: how a model is reached and what it costs (``labeling/llm/``), nor where answers are kept.
"""
