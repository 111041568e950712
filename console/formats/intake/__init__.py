"""From what a file says to assignments and reviews of the task: matched, checked, counted.

Not here: how each format is read (``console/formats/own/``, ``console/formats/tools/``).
"""
