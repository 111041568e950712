"""What must hold of what is made."""
