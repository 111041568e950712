"""Voters that are language models: what to ask, what it may cost, what was answered."""
