"""How good it is, whether it changed, and why.

Not here: intervals and detectors (``labeling/quality/``), who is told of an alarm
(``resources/alerts/``), and what the report shows (``console/dashboard/``).
"""
