"""What people are asked and what they answered: audit, queue, reviews, gold."""
