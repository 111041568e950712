"""What rules and models say of each item.

Not here: how a rule matches or a prompt is rendered (``labeling/rules/``, ``labeling/llm/``),
requests to providers (``resources/models/``), and votes of the student (``assets/labels/``).
"""
