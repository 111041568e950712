"""Where tables live: the warehouse, what its tables hold, dbt over it.

Not here: marts, which dbt makes (``transforms/``), and what people or models answered, which must
outlive the warehouse (``resources/reviews/``, the ledger).
"""
