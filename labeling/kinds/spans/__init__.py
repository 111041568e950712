"""Which stretches of a text are of which class."""
