"""What label models read: votes as events, patterns of them, and their counts.

Not here: what a model makes of them.
"""
