"""Tables of what the label model believes, and on what evidence."""

from resources.store.table import table
from resources.store.tables.common import BATCH, VOTER, interval
from resources.store.tables.labels import CONSENSUS

LABEL_MODEL = table(
    "quality", "label_model", "Which label model was used, and how good it is.", "a batch",
    {
        "batch": BATCH,
        "version": ("varchar", "Hash of the fitted label model."),
        "method": ("varchar", "The algorithm that is used."),
        "why": ("varchar", "Why that one, in words."),
        "gold": ("bigint", "Audit gold of earlier batches that it was shown.", "items"),
        "judged_on": ("bigint", "Of it with votes; null where it was not judged.", "items"),
        "model_accuracy": ("double", "Share right on gold it was not taught.", "0..1"),
        "majority_accuracy": ("double", "The same of the plain majority.", "0..1"),
        "log_loss": ("double", "Of the model on that gold.", "nats an item"),
        "calibration_error": ("double", "How far confidence is from accuracy there.", "0..1"),
        "chance_error": ("double", "What that would be by chance, were it calibrated.", "0..1"),
        "warnings": ("varchar", "Reasons not to trust it, a line each; empty: none."),
    },
    key=["batch"], written_with=CONSENSUS, published=True,
)  # fmt: skip
CLASS_BALANCE = table(
    "quality", "class_balance", "How frequent classes are believed to be.", "a batch and class",
    {
        "batch": BATCH,
        "label": ("varchar", "The class.", "class"),
        "share": ("double", "What is believed of an item without votes.", "0..1"),
    },
    key=["batch", "label"], written_with=CONSENSUS, published=True,
)  # fmt: skip
VOTER_BELIEFS = table(
    "quality", "voter_beliefs", "What the label model believes of voters.", "a batch and voter",
    {
        "batch": BATCH,
        "voter": VOTER,
        "votes": ("bigint", "Those in the batch and those it was fitted with.", "votes"),
        "coverage": ("double", "Share of those items it voted on.", "0..1"),
        "accuracy": ("double", "Share of its votes that the model believes right.", "0..1"),
        **interval("accuracy"),
        "gold_accuracy": ("double", "Measured on audit gold of earlier batches that the model looked back on; null: none.", "0..1"),
        **interval("gold"),
    },
    key=["batch", "voter"], written_with=CONSENSUS, published=True,
)  # fmt: skip
VOTER_CONFUSIONS = table(
    "quality", "voter_confusions", "What voters say of items of a class.", "a batch, voter and pair of classes",
    {
        "batch": BATCH,
        "voter": VOTER,
        "class": ("varchar", "What the items are, as the model believes.", "class"),
        "said": ("varchar", "What the voter says of them.", "class"),
        "share": ("double", "Share of its votes on items of the class.", "0..1"),
        **interval("share"),
    },
    key=["batch", "voter", "class", "said"], written_with=CONSENSUS, published=True,
)  # fmt: skip
VOTER_PAIRS = table(
    "quality", "voter_pairs", "Voters that repeat each other.", "a batch and pair of voters",
    {
        "batch": BATCH,
        "first": ("varchar", "A voter."),
        "second": ("varchar", "A voter that repeats it."),
        "share": ("double", "How far, of what is possible beyond the class.", "0..1"),
    },
    key=["batch", "first", "second"], written_with=CONSENSUS, published=True,
)  # fmt: skip
CONSENSUS_CALIBRATION = table(
    "quality", "consensus_calibration", "How far the consensus's confidence is true.", "a batch and bin of confidence",
    {
        "batch": BATCH,
        "confidence_low": ("double", "Least confidence of the bin.", "0..1"),
        "confidence_high": ("double", "Greatest confidence of the bin.", "0..1"),
        "reviewed": ("bigint", "Audit gold in it, that the model was not taught.", "items"),
        "stated": ("double", "Mean confidence.", "0..1"),
        "correct": ("double", "Share right.", "0..1"),
        **interval("correct"),
    },
    key=["batch", "confidence_low"], written_with=CONSENSUS, published=True,
)  # fmt: skip
