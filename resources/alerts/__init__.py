"""Who is told of an alarm, and what people did about it."""
