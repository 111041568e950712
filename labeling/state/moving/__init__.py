"""Tables of states copied from one place to another, row by row, and compared.

Two ends, ``files.py`` and ``schema.py``, each in transactions that keep other writers away; ``copying.py`` knows no database.

Not here: who may move a task and when, and what ``task.yaml`` says then (``orchestration/changes``).
"""
