"""Tables of votes: of rules, models and the student, and what came of asking."""

from resources.sources import SOURCES
from resources.store.table import Column, Table, table
from resources.store.tables.common import BATCH, RUN

_VOTE = {
    "item_id": ("varchar", "The item voted on."),
    "batch": BATCH,
    "voter": (
        "varchar",
        "Who voted: rule/NAME, llm/NAME, simulated/NAME, zero_shot/NAME or student.",
    ),
    "version": ("varchar", "Hash of what the voter was when it voted."),
    "label": ("varchar", "The class voted for; an abstention is no row.", "class"),
    "confidence": ("double", "How sure the voter was; null where it does not say.", "(0, 1]"),
    "run": RUN,
}
_CALIBRATED = {
    "stated": ("double", "Confidence as the voter gave it; null where it gave none.", "0..1"),
    "calibrated": ("boolean", "Whether confidence was calibrated on gold of earlier batches."),
}
_OF_VOTE = ("item_id", "batch", "voter")
_RULE = ("varchar", "The rule.")

RULE_VOTES = table(
    "votes", "rules", "Votes of rules.", "an item and rule that spoke", _VOTE,
    key=_OF_VOTE, group="votes",
)  # fmt: skip
RULE_FAILURES = table(
    "votes", "rule_failures", "Items on which rules raised an error, and abstained.",
    "an item and rule",
    {
        "item_id": ("varchar", "The item the rule failed on, and abstained."),
        "batch": BATCH,
        "voter": _RULE,
        "message": ("varchar", "What it raised."),
    },
    key=_OF_VOTE, written_with=RULE_VOTES,
)  # fmt: skip
RULE_VERSIONS = table(
    "votes", "rule_versions", "What each rule was when it was applied.", "a batch and rule",
    {
        "batch": BATCH,
        "voter": _RULE,
        "version": ("varchar", "Hash of its meaning when it was applied to the batch."),
        "items_hash": ("varchar", "Hash of the items it was applied to."),
    },
    key=["batch", "voter"], written_with=RULE_VOTES,
)  # fmt: skip
RULE_CHANGES = table(
    "votes", "rule_changes", "What the last change of each rule did.", "an item and changed rule",
    {
        "batch": BATCH,
        "voter": _RULE,
        "version_before": ("varchar", "Its version before."),
        "version_after": ("varchar", "Its version now."),
        "item_id": ("varchar", "The item on which it now says something else."),
        "label_before": ("varchar", "What it said; null if nothing.", "class"),
        "label_after": ("varchar", "What it says; null if nothing.", "class"),
    },
    key=["batch", "voter", "item_id"], written_with=RULE_VOTES, published=True,
)  # fmt: skip
MODEL_VOTES = table(
    "votes", "models", "Votes of prompts.", "an item and prompt that answered with a class",
    {**_VOTE, **_CALIBRATED}, key=_OF_VOTE, group="votes",
)  # fmt: skip
MODEL_ABSTENTIONS = table(
    "votes", "model_abstentions", "Items that models gave no vote on.", "an item and prompt",
    {
        "item_id": ("varchar", "The item a model was asked about in vain."),
        "batch": BATCH,
        "voter": ("varchar", "The prompt."),
        "reason": ("varchar", "Why there is no vote."),
    },
    key=_OF_VOTE, written_with=MODEL_VOTES,
)  # fmt: skip
MODEL_USE = table(
    "votes", "model_use", "What asking models took.", "a batch and prompt",
    {
        "batch": BATCH,
        "voter": ("varchar", "The prompt."),
        "version": ("varchar", "Hash of prompt, model and parameters."),
        "calls": ("bigint", "Sent in all runs of the batch.", "requests"),
        "cached": ("bigint", "Taken from the ledger.", "answers"),
        "cost_usd": ("double", "What the answers cost.", "US dollars"),
        "parse_failures": ("bigint", "Answers that named no class.", "answers"),
        "refusals": ("bigint", "Refused by the model or held back by a filter.", "answers"),
        "p95_s": ("double", "Latency that 95 % of the answers keep to; null: none.", "s"),
        "quoted_usd": ("double", "What the answers were to cost at worst; null: no known price.", "US dollars"),
        "partial": ("boolean", "Whether items are still to be asked: a run stopped before them."),
        "why": ("varchar", "Why it stopped; null where it did not."),
        "failed": ("bigint", "Those that got no answer and are not asked about again.", "items"),
        "failure": ("varchar", "What most of them ended with; null where none did."),
        "advice": ("varchar", "What to change about model or prompt, line by line; null: nothing."),
        "waiting": ("bigint", "Those that a provider's batch is still to answer.", "items"),
        "waits_for": ("varchar", "Names of those batches, with blanks between; null: none."),
    },
    key=["batch", "voter"], written_with=MODEL_VOTES,
)  # fmt: skip
GUARANTEES = table(
    "votes", "guarantees", "What prompts with a guarantee were asked, and what proves it.", "a batch and prompt",
    {
        "batch": BATCH,
        "voter": ("varchar", "The prompt."),
        "target": ("double", "Least share that is to be labelled as people would.", "0..1"),
        "risk": ("double", "Share of batches in which it may be less.", "0..1"),
        "proven": ("boolean", "Whether gold proves it; if not, everything is asked."),
        "gold": ("bigint", "Audited items of earlier batches that it is judged on.", "items"),
        "asked": ("bigint", "Those of the batch that the prompt was asked about.", "items"),
        "spared": ("bigint", "The others.", "items"),
        "saved_usd": ("double", "About what that saved, at the mean cost of its calls; those on gold are taken off.", "US dollars"),
        "told": ("varchar", "Where it is asked and why, in words."),
    },
    key=["batch", "voter"], written_with=MODEL_VOTES, published=True,
)  # fmt: skip
CASCADE = table(
    "votes", "cascade", "Labels of a cascade whose guarantee is proven.", "an item of such a batch",
    {
        "item_id": ("varchar", "The item."),
        "batch": BATCH,
        "label": ("varchar", "The dear prompt's where it was asked, else the cheap side's; null: neither says one.", "class"),
        "confidence": ("double", "How sure that side was; null where it does not say.", "0..1"),
        "asked": ("boolean", "Whether the dear prompt was asked."),
    },
    key=("item_id", "batch"), written_with=MODEL_VOTES,
)  # fmt: skip
STUDENT_VOTES = table(
    "votes", "student", "Votes of the student.", "an item the student labelled", _VOTE,
    key=_OF_VOTE, group="labels",
)  # fmt: skip
CERTAINTY = table(
    "votes", "certainty", "How likely votes of prompts and sources are right, by gold of earlier batches.",
    "an item and voter of whose votes enough were reviewed",
    {
        "item_id": ("varchar", "The item voted on."),
        "batch": BATCH,
        "voter": ("varchar", "Who voted."),
        "probability": ("double", "How likely the vote is right.", "(0, 1)"),
        "source": ("varchar", "What tells it: logprobs, samples or stated, of the model; similarity, of a zero-shot voter; student; or rate, how often such votes were right."),
        "run": RUN,
    },
    key=_OF_VOTE, group="votes",
)  # fmt: skip
OF_SOURCES = {
    source.name: table(
        "votes", source.name, source.about, "an item and voter that spoke",
        {**_VOTE, **_CALIBRATED}, key=_OF_VOTE, group="votes",
    )
    for source in SOURCES
}  # fmt: skip
ABSTENTIONS_OF_SOURCES = {
    name: table(
        "votes", f"{name}_abstentions", f"Items that voters of {name} gave no vote on.", "an item and voter",
        {
            "item_id": ("varchar", "The item without a vote."),
            "batch": BATCH,
            "voter": ("varchar", "Who was silent."),
            "reason": ("varchar", "Why there is no vote."),
        },
        key=_OF_VOTE, written_with=of_source,
    )
    for name, of_source in OF_SOURCES.items()
}  # fmt: skip
TEACHING = (RULE_VOTES, MODEL_VOTES, *OF_SOURCES.values())
"""Votes that the label model learns from."""

_FAMILY = {
    "family": Column("varchar", "Table that the vote stands in: rules, models, student, ...")
}
_COLUMNS = {name: Column(*said) for name, said in _VOTE.items()}

VOTES = Table(
    "votes", "every", "Every vote of every voter.", "an item and voter that spoke", _OF_VOTE,
    _COLUMNS | _FAMILY, union=(*TEACHING, STUDENT_VOTES), stored=False,
)  # fmt: skip
STATED = Table(
    "votes", "stated", "Votes of voters that say how sure they are.", "an item and voter that spoke",
    _OF_VOTE, _COLUMNS | {name: Column(*said) for name, said in _CALIBRATED.items()} | _FAMILY,
    union=(MODEL_VOTES, *OF_SOURCES.values()), stored=False,
)  # fmt: skip
ABSTENTIONS = Table(
    "votes", "abstentions", "Why models and sources gave no vote.", "an item and voter that was silent",
    _OF_VOTE, dict(MODEL_ABSTENTIONS.columns) | _FAMILY,
    union=(MODEL_ABSTENTIONS, *ABSTENTIONS_OF_SOURCES.values()), stored=False,
)  # fmt: skip
VIEWS = (VOTES, STATED, ABSTENTIONS)
FAMILIES = tuple(one.name for one in VOTES.union)
