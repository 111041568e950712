"""The classifier that learns from consensus and gold."""
