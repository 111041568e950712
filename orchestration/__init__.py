"""When the work runs and with what."""
