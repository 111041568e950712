"""Where a dear answer is needed, so that labels reach a target against people's in all but few batches.

Not here: asking models (``labeling/llm``), and which gold may be learned from (``labeling/quality/firewall.py``).
"""
