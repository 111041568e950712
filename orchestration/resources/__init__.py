"""What a run needs from outside: the warehouse, dbt, models, tracking."""
