"""Where what must never be lost is kept: a file of SQLite, or a schema of PostgreSQL for many processes.

What is written is one SQL for both: placeholders ``?`` and ``:name``, types of SQLite, no ``rowid``,
``on conflict`` for "insert or replace", and no whole number where a condition is meant.

Not here: tables of items, votes and labels (``resources/store``).
"""
