"""Tables of what is measured: accuracy, classes, agreement, rules, the queue's gain."""

from resources.store.table import table
from resources.store.tables.common import ACCURACY_BY_DESIGN, BATCH, IMAGE, interval

_SCORE = {
    "series": (
        "varchar",
        "labels, consensus or voter/NAME; of quality.scores also precision, recall and F1 of spans.",
    ),
    "version": ("varchar", "The voter's version; null for all of them together."),
    "class": ("varchar", "The class that was said, or (all).", "class"),
    "items": ("bigint", "Those spoken for.", "items"),
    "reviewed": ("bigint", "Audit items judged.", "items"),
    "errors": ("bigint", "Of them wrong.", "items"),
    "missing": ("bigint", "Drawn and not judged; the interval holds either way.", "items"),
    "batches": ("bigint", "Those measured.", "batches"),
    **ACCURACY_BY_DESIGN,
}
_SPAN = ("varchar", "window: the newest batches; all: every batch.")
TELLING = {
    "rank": ("integer", "The most telling first.", "from 1"),
    "batch": BATCH,
    "item_id": ("varchar", "The item that was labelled wrongly."),
    "text": ("varchar", "Its beginning."),
    "image": IMAGE,
    "label": ("varchar", "What it was labelled, or what the voter said.", "class"),
    "gold": ("varchar", "What people settled on.", "class"),
    "confidence": ("double", "How sure the machine was.", "0..1"),
    "misled_by": ("varchar", "Voters that the label followed, and whose own answer is wrong."),
}

ACCURACY = table(
    "quality", "accuracy", "Accuracy of the released labels.", "a batch and class; (all) is all of it",
    {
        "batch": BATCH,
        "class": ("varchar", "The released class measured, or (all).", "class"),
        "labelled": ("bigint", "Released labels that the sample stands for.", "items"),
        "reviewed": ("bigint", "Of them reviewed in the audit.", "items"),
        "correct": ("bigint", "Of the reviewed, right.", "items"),
        "accuracy": ("double", "Share of right labels; null without a review.", "0..1"),
        **interval("accuracy"),
    },
    key=["batch", "class"], group="quality",
)  # fmt: skip
SCORES = table(
    "quality", "scores", "Accuracy of labels, consensus and voters over time.",
    "a batch, span, series, version and class",
    {
        "batch": BATCH,
        "span": ("varchar", "batch, or window: the batch and those just before it."),
        **_SCORE,
    },
    key=["batch", "span", "series", "version", "class"], written_with=ACCURACY, published=True,
)  # fmt: skip
OVERALL = table(
    "quality", "overall", "Accuracy of labels, consensus and voters over all batches.",
    "a series, version and class", _SCORE,
    key=["series", "version", "class"], group="published", published=True,
)  # fmt: skip
QUALITY_BY_BATCH = table(
    "quality", "quality_by_batch", "What the SQL counts of a batch beside what is estimated of it.", "a batch",
    {
        "batch": BATCH,
        "items": ("bigint", "Those of the batch.", "items"),
        "labelled": ("bigint", "Of them with a released label.", "items"),
        "coverage": ("double", "Share with a vote of a rule or model.", "0..1"),
        "conflict": ("double", "Share on which voters disagree.", "0..1"),
        "abstain_rate": ("double", "Share on which every rule and model abstained.", "0..1"),
        "reviewed": ("bigint", "Audit items that people judged.", "items"),
        **ACCURACY_BY_DESIGN,
        "log_evidence": ("double", "Evidence that the labels fell; null: none.", "natural log"),
        "evidence_limit": ("double", "From there on it is the labels' alarm.", "natural log"),
        "alarm": ("boolean", "Whether an alarm of labels, a class or a voter stands."),
        "fired": ("boolean", "Whether this batch made one go off."),
        "alarms": ("varchar", "The series whose alarm stands, labels first."),
        "change_batch": ("varchar", "Where the change most likely began, that of the labels first."),
        "cost_usd": ("double", "What model answers cost.", "US dollars"),
        "queue_size": ("bigint", "Those of the learning queue that nobody has settled yet.", "items"),
    },
    key=["batch"], written_with=ACCURACY, published=True, stored=False,
)  # fmt: skip
VOTER_SCORECARD = table(
    "quality", "voter_scorecard", "What the SQL counts of a voter beside its accuracy.", "a voter and version",
    {
        "voter": ("varchar", "Who voted."),
        "version": ("varchar", "Hash of what the voter was."),
        "family": ("varchar", "rules, models or student."),
        "votes": ("bigint", "Those cast.", "votes"),
        "coverage": ("double", "Share of all items it voted on.", "0..1"),
        "overlap": ("double", "Share of its votes beside another voter's.", "0..1"),
        "conflict": ("double", "Share of its votes on items where voters disagree.", "0..1"),
        "reviewed": ("bigint", "Its votes on settled audit items.", "items"),
        **ACCURACY_BY_DESIGN,
        "calls": ("bigint", "Requests sent; null of rules and the student.", "requests"),
        "cached": ("bigint", "Taken from the ledger instead when each batch was last labelled.", "answers"),
        "cost_usd": ("double", "What they cost.", "US dollars"),
        "parse_failures": ("bigint", "Those that named no class.", "answers"),
        "refusals": ("bigint", "Those refused or held back by a filter.", "answers"),
        "p95_s": ("double", "Latency that 95 % of the newest batch's answers keep to.", "s"),
    },
    key=["voter", "version"], written_with=OVERALL, published=True, stored=False,
)  # fmt: skip
OF_OVERLAP = "(overlap) "
"""Before a class: spans are right if they share a character with one of the class."""

CLASS_REPORT = table(
    "quality", "class_report", "Precision, recall and F1 of classes.", "a span and class",
    {
        "span": _SPAN,
        "class": ("varchar", "The class, (macro) or (micro) over all; (hamming loss): of no and yes; (overlap) before one: spans by overlap.", "class"),
        "reviewed": ("bigint", "Audit items labelled so or found to be so.", "items"),
        **{
            column: said
            for name, told in (
                ("precision", "Share right of the labels that say the class"),
                ("recall", "Share found of the items that are of the class"),
                ("f1", "Harmonic mean of both"),
                ("share", "Share of all items that are of the class"),
            )
            for column, said in {
                name: ("double", f"{told}; null where it cannot be said.", "0..1"),
                **interval(name),
            }.items()
        },
    },
    key=["span", "class"], written_with=OVERALL, published=True,
)  # fmt: skip
CONFUSION = table(
    "quality", "confusion", "What items are and what they are labelled.", "a span and pair of classes",
    {
        "span": _SPAN,
        "truth": ("varchar", "What the items are.", "class"),
        "label": ("varchar", "What they are labelled.", "class"),
        "share": ("double", "Estimated share of all items.", "0..1"),
    },
    key=["span", "truth", "label"], written_with=OVERALL, published=True,
)  # fmt: skip
RELIABILITY = table(
    "quality", "reliability", "How far confidences can be believed.", "a series and bin of confidence",
    {
        "series": ("varchar", "labels or consensus."),
        "bin": ("integer", "Bin of confidence.", "from 0"),
        "confidence_low": ("double", "Least confidence in the bin.", "0..1"),
        "confidence_high": ("double", "Greatest confidence in the bin.", "0..1"),
        "reviewed": ("bigint", "Audit items in the bin.", "items"),
        "confidence": ("double", "Mean confidence said.", "0..1"),
        **ACCURACY_BY_DESIGN,
        "ece": ("double", "Expected calibration error of the series.", "0..1"),
        "ece_by_chance": ("double", "What a perfect series would show with so few reviews.", "0..1"),
    },
    key=["series", "bin"], written_with=OVERALL, published=True,
)  # fmt: skip
AGREEMENT = table(
    "quality", "agreement", "How far reviewers agree.", "a pair of reviewers and measure",
    {
        "first": ("varchar", "A reviewer, or (all)."),
        "second": ("varchar", "Another reviewer, or (all)."),
        "measure": ("varchar", "cohen_kappa, krippendorff_alpha, the latter with MASI for sets; pairwise_f1 of spans."),
        "items": ("bigint", "Judged by both, or by at least two.", "items"),
        "value": ("double", "1 perfect, 0 as by chance; null where nothing can be said.", "-1..1"),
    },
    key=["first", "second", "measure"], written_with=OVERALL, published=True,
)  # fmt: skip
REPLACEMENT = table(
    "quality", "replacement", "Whether a model may replace a person; empty without three people to compare with.",
    "a voter that is a model",
    {
        "voter": ("varchar", "The model's voter."),
        "people": ("bigint", "People with items enough to compare with.", "people"),
        "items": ("bigint", "Those that the model and people answered.", "items"),
        "agreement": ("double", "Mean likeness of the model's answers to people's.", "0..1"),
        **interval("agreement"),
        "people_agreement": ("double", "The same of people's answers to each other's.", "0..1"),
        **interval("people_agreement"),
        "epsilon": ("double", "What the model's price is worth in the test.", "0..1"),
        "winning_rate": ("double", "Share of people whom the model is shown to match.", "0..1"),
        "advantage": ("double", "How likely its answer is at least as close to the others' as a person's.", "0..1"),
        **interval("advantage"),
        "may_replace": ("varchar", "yes, no, or too few items."),
        "told": ("varchar", "The verdict in words."),
    },
    key=["voter"], written_with=OVERALL, published=True,
)  # fmt: skip
MISTAKES = table(
    "quality", "mistakes", "Audited items of the newest batches that labels got wrong.", "an item",
    TELLING, key=["rank"], written_with=OVERALL, published=True,
)  # fmt: skip
RULE_ANALYSIS = table(
    "quality", "rule_analysis", "What each rule does, and how well.", "a rule",
    {
        "rule": ("varchar", "Name of the rule."),
        "kind": ("varchar", "keyword, regex, sql, ..."),
        "label": ("varchar", "The class it votes for; null where it chooses.", "class"),
        "version": ("varchar", "Hash of its meaning."),
        "votes": ("bigint", "Those over all batches.", "votes"),
        "coverage": ("double", "Share of all items it votes on.", "0..1"),
        "overlaps": ("double", "Share of all items on which another rule votes too.", "0..1"),
        "conflicts": ("double", "Share of all items on which another rule says otherwise.", "0..1"),
        "by_class": ("varchar", "Votes by class."),
        "failures": ("bigint", "Those on which it raised, and abstained.", "items"),
        "gold": ("bigint", "Audit gold it voted on.", "items"),
        "correct": ("bigint", "Of them right.", "items"),
        "accuracy": ("double", "Share of items of which all that it says is right; null without gold.", "0..1"),
        **interval("accuracy"),
        "marks_judged": ("bigint", "Of spans: its marks on audit gold; null of other kinds.", "marks"),
        "marks_right": ("bigint", "Of them right.", "marks"),
        "marks_accuracy": ("double", "Share right by the sampling probabilities; null without any.", "0..1"),
        **interval("marks_accuracy"),
        "never_fires": ("boolean", "Whether it has not voted once."),
        "near_duplicate_of": ("varchar", "An earlier rule that votes on nearly the same items."),
        "likeness": ("double", "How nearly: Jaccard similarity.", "0..1"),
        "changed_items": ("bigint", "Those on which its last change made it say something else.", "items"),
        "suggested_by": ("varchar", "The model that wrote it; null where a person did."),
        "votes_after": ("varchar", "The batch after which it votes, where it does not on all."),
        "retired_after": ("varchar", "The batch in which its alarm went off, after which it does not vote."),
    },
    key=["rule"], group="published", published=True,
)  # fmt: skip
RULE_SUGGESTIONS = table(
    "quality", "rule_suggestions", "Rules worth adding.", "a rule",
    {
        "rank": ("integer", "The best lower bound first.", "from 1"),
        "phrase": ("varchar", "What to look for."),
        "label": ("varchar", "The class it speaks for.", "class"),
        "items": ("bigint", "Those that hold it.", "items"),
        "correct": ("double", "Of them of the class, as expected by the source.", "items"),
        "new_items": ("bigint", "Of them that no rule of the class covers yet.", "items"),
        "precision_low": ("double", "Lower 95 % bound of the precision.", "0..1"),
        "lift_low": ("double", "That bound over the share of the class among all items; null of spans.", "times"),
        "source": ("varchar", "gold, consensus, or released of spans."),
        "yaml": ("varchar", "The rule, ready to paste under rules:."),
    },
    key=["rank"], written_with=RULE_ANALYSIS, published=True,
)  # fmt: skip
QUEUE_GAIN = table(
    "quality", "queue_gain", "What the learning queue buys.", "in all",
    {
        "batch": ("varchar", "The newest batch that was labelled."),
        "strategy": ("varchar", "How the queue is chosen."),
        "reviews": ("bigint", "Answers of people so far.", "answers"),
        "queue_reviews": ("bigint", "What the strategy chose and people settled, when the gain was measured.", "items"),
        "random_reviews": ("bigint", "The same of the queue's random share.", "items"),
        "audit_reviews": ("bigint", "Audit items that people settled; the newest of them judge.", "items"),
        "points": ("double", "Accuracy by strategy minus by chance; null: too few to tell.", "-1..1"),
        **interval("points", unit="-1..1"),
        "compared_at": ("bigint", "Reviews that either student was taught by.", "reviews"),
        "judged_on": ("bigint", "Audit items both were judged on.", "items"),
        "gain": ("varchar", "The gain in words, or why it cannot be told."),
        "stop": ("boolean", "Whether more reviews stopped paying."),
        "advice": ("varchar", "Why, in words."),
        "labels_fixed": ("double", "What the next batch of reviews should put right.", "labels"),
        "usd": ("double", "What those reviews cost.", "US dollars"),
        "usd_per_fixed": ("double", "Cost of one label put right; null where none is expected.", "US dollars"),
    },
    key=["batch"], group="published", published=True,
)  # fmt: skip
TRACKED = table(
    "quality", "tracked", "Which MLflow run holds what.", "a batch, and one for all",
    {
        "batch": ("varchar", "The batch, or history: all of them as steps."),
        "mlflow_run": ("varchar", "The MLflow run that holds its figures."),
        "fingerprint": ("varchar", "Hash of what was logged."),
    },
    key=["batch"], group="published", stays="step",
)  # fmt: skip
