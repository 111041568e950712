"""What people are asked and what they answered: audit, queue, reviews, gold.

Not here: the store that answers stand in and what they settle on (``resources/reviews/``), how
items are drawn or chosen (``labeling/sampling/``), and the pages (``console/``).
"""
