"""The page of a pilot."""
