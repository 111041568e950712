"""Where tables live: the warehouse, what its tables hold, dbt over it."""
