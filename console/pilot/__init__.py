"""The page of a pilot.

Not here: its figures (``orchestration/pilot/figures.py``), and the report (``console/dashboard``).
"""
