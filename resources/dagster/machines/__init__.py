"""An instance of Dagster that several machines share: its database, and who lives among them.

Not here: an instance in files of one machine (``resources/dagster/instance.py``).
"""
