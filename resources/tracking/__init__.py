"""MLflow's file, made and mended whole and asked without importing MLflow, which takes seconds; its registry of prompts.

Not here: what batches write to MLflow (``assets/published/``).
"""
