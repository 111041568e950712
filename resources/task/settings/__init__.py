"""What ``task.yaml`` may say: a module for each section, and the schema that they make up.

Not here: how the file is read and its faults are told (``resources/task/reading.py``).
"""
