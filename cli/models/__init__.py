"""Commands about language models: what they cost, what they said, whether they changed.

Not here: asking and paying (``labeling/llm/``, ``resources/models/``).
"""
