"""What models are told: prompts, items and examples.

Not here: reading their answers (``labeling/kinds/``).
"""
