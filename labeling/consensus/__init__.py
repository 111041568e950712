"""One label for each item, out of many votes.

Not here: where votes come from, and the student, which reads texts.
"""
