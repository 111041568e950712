"""What several assets read back from the warehouse, as the engine's arrays."""
