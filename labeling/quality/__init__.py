"""How good the labels are, and whether that changed."""
