"""Files of other labelling tools, and plain tables: each read as entries, Label Studio written too.

Not here: which items of the task the entries are about (``console/formats/intake/``).
"""
