"""Which items people should see."""
