"""Classes that change: the record of it, and the edits in a task's files."""
