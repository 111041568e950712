"""Which of several prompts to ask of everything, told from a few reviewed items.

Not here: asking models and people, and what that costs (``orchestration/pilot``).
"""
