"""Which of several prompts to ask of everything, told from a few reviewed items."""
