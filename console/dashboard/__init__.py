"""The dashboard: charts of quality over time, served and exported as one self-contained page.

Not here: estimates. It draws the published rows as they are.
"""
