"""How good it is, whether it changed, and why."""
