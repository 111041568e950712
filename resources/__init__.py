"""What assets stand on: settings, stores and whatever is outside.

Each room is about one thing that lasts or stands outside. Not here: what a batch is made into
(``assets/``), when (``orchestration/``), and anything that needs no disk, network or environment
(``labeling/``).
"""
