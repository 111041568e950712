"""What is made, in order: items, votes, consensus, student, queue, reviews, gold, quality, report.

An asset reads, calls the engine, writes and reports, one a file. Not here: maths (``labeling/``),
settings and stores (``resources/``), what must hold (``expectations/``), when it runs
(``orchestration/``).
"""
