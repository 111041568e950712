"""How a student learns from soft labels and gold, and from items without either.

Not here: features of texts and pictures, and which tricks are worth it (``labeling/student/switches.py``).
"""
