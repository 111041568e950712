"""Voters that are language models: what to ask, what it may cost, what was answered.

Not here: LiteLLM and any network; a transport is handed in (``resources/models/``).
"""
