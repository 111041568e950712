"""What people answered: planned, handed out, settled, never lost.

Not here: pages and files of other tools (``console/``), who is asked what (``assets/people/``),
and what gold is used for.
"""
