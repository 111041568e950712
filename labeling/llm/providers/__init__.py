"""What providers take, allow and cost.

Not here: sending anything, which is a transport's (``resources/models/``).
"""
