"""What people answered: planned, handed out, settled, never lost."""
