"""What a labelling task is, and how its folder is read.

Not here: settings of a prompt or a rule, which the engine declares (``labeling/llm/``,
``labeling/rules/``), and what is done with a setting.
"""
