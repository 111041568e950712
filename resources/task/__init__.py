"""What a labelling task is, and how its folder is read."""
