"""Voters that a person wrote: keywords, patterns, SQL, functions."""
