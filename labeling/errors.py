"""Everything the engine raises on purpose.

::

    LabelingError (ValueError)
    ├── VotesError           the votes themselves are malformed
    ├── GoldError            gold labels are malformed, or come from where they must not
    ├── RuleError            a rule cannot be read, compiled or trusted to end
    ├── PromptError          a prompt file cannot be read or rendered
    ├── SuggestionError      what a model suggests for a prompt cannot be used
    ├── BudgetError          a request would pass a spending cap
    ├── SamplingError        a sample was asked for that cannot be drawn
    ├── QualityError         reviews or settings that nothing can be measured with
    └── TooFewSamplesError   well formed, but too small to conclude from
"""


class LabelingError(ValueError):
    """Base of every deliberate engine error; caught at the edge, nowhere else."""


class VotesError(LabelingError):
    """The votes break their contract (see :class:`labeling.votes.Votes`)."""


class GoldError(LabelingError):
    """The gold labels break their contract (see :class:`labeling.gold.Gold`)."""


class RuleError(LabelingError):
    """A rule cannot be read, compiled, or trusted to end."""


class PromptError(LabelingError):
    """A prompt file cannot be read or rendered."""


class SuggestionError(LabelingError):
    """What a model suggests for a prompt cannot be used."""


class BudgetError(LabelingError):
    """A request would pass a spending cap."""


class SamplingError(LabelingError):
    """A sample was asked for that cannot be drawn."""


class QualityError(LabelingError):
    """Reviews, counts or settings that nothing can be measured with."""


class TooFewSamplesError(LabelingError):
    """There is not enough data for the statistic to mean anything."""
