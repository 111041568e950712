"""Commands for a task in its everyday life: run it, look at it, review, alarm, hand on."""
