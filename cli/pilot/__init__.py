"""Commands that try prompts before they are asked of everything.

Not here: what a pilot does (``orchestration/pilot``).
"""
