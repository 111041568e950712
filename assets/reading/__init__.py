"""What several assets read back from the warehouse, as the engine's arrays.

Not here: assets, and what only one of them reads.
"""
