"""The spans of each item, out of what many voters marked.

Not here: rules and models that mark spans, and the tagger that learns from them.
"""
