"""Commands about language models: what they cost, what they said, whether they changed."""
