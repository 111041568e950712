"""What is made, in order: items, votes, consensus, student, queue, reviews, gold, quality, report."""
