"""Language models and embeddings through LiteLLM: requests, replies, faults and prices.

Not here: what is asked and how an answer is read (``labeling/llm/``), and which items are asked
about (``assets/votes/``).
"""
