"""Commands on plain files, which need no task: rules, consensus, estimate, drift, plan."""
