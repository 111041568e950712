"""Pilots replayed on recorded answers of language models."""
