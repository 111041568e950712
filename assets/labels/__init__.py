"""From votes to labels: label model, student, and what is frozen before anybody reviews.

Not here: the label model and the student themselves (``labeling/consensus/``,
``labeling/student/``), and gold, which people make (``assets/people/``).
"""
