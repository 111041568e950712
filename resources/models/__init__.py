"""Language models and embeddings through LiteLLM: requests, replies, faults and prices."""
