"""When the work runs and with what.

Not here: what a step does (``assets/``) and what people type (``cli/``).
"""
