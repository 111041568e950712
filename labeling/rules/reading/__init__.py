"""From the files of rules to rules, with errors that say where and what to do.

Not here: applying them (``labeling/rules/engine.py``).
"""
