"""Commands on plain files, which need no task: rules, consensus, estimate, judge, drift, plan.

Not here: anything that opens a warehouse, but for ``task_rules``, which shows what a task's run
found.
"""
