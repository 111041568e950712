"""What is done to a task between its runs: classes change, or batches begin anew.

Not here: what a change of classes edits in the task's files (``resources/task/classes/``).
"""
