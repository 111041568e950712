"""What was sent, what it cost, and what is remembered of it.

Not here: deciding what is sent (``labeling/llm/labelling.py``).
"""
