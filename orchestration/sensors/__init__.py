"""What runs when something happens outside."""
