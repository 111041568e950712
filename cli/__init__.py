"""The command line: one file a command, in rooms by what they are about.

A command reads its options, calls, prints and sets the exit code. Not here: anything that another
program could want, too (``orchestration/`` and below).
"""
