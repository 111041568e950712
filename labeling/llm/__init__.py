"""Language models as voters: prompts, the ledger, budgets, pace, parsing, confidence, the canary."""
