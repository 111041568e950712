"""One label for each item, out of many votes."""
