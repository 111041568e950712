"""What assets stand on: settings, stores and whatever is outside."""
