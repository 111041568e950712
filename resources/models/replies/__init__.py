"""What providers say, read as it is written: answers, counts, waits, refusals; keys blotted out.

Not here: how a request is sent (``resources/models/litellm_transport.py``).
"""
