"""What pilots leave behind: draws, answers, and which prompts were promoted.

Not here: what people answered (``resources/reviews``), and what models were paid for (the ledger).
"""
