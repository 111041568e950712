"""What rules and models say of each item."""
