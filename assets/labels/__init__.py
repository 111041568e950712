"""From votes to labels: label model, student, and what is frozen before anybody reviews."""
