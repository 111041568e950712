"""Reviewing in a running Label Studio: what waits is pushed there, what was annotated is pulled.

Not here: how tasks and annotations are written and read (``console/formats/tools/``).
"""
