"""MLflow's file: asked without importing MLflow, which takes seconds; made and mended whole.

Not here: what is written to MLflow, which goes through MLflow itself (``assets/published/``).
"""
