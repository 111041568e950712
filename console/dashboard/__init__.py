"""The dashboard: charts of quality over time, served and exported as one self-contained page."""
