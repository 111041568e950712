"""Which published tables the page shows, and what of them: one recipe a table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from console.dashboard.cells import (
    Row,
    count,
    interval,
    moment,
    number,
    picture,
    share,
    text,
    words,
)
from console.dashboard.kept import measured, of_spans


@dataclass(frozen=True, slots=True)
class Recipe:
    """A published table, its heading, its columns and which of its rows are kept."""

    table: str
    title: str
    lead: str
    columns: Mapping[str, Callable[[Row], str]]
    keep: Callable[[Sequence[Row]], Sequence[Row]] = field(default=lambda rows: rows)


def _newest(rows: Sequence[Row]) -> list[Row]:
    last = max((str(row["batch"]) for row in rows), default="")
    return [row for row in rows if row["batch"] == last]


def _over_all(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["span"] == "all" and row["share"] >= MENTIONED]


def _finding(row: Row) -> str:
    if row["why"] is not None:
        return f"tells nothing: {row['why']}"
    if row["changed"]:
        return "the model changed"
    if row["fingerprint_changed"]:
        return "another model is named"
    return "the reference" if row["accuracy_before"] is None else "no change"


MENTIONED = 0.0005
"""Confusions of a smaller share of all items are left to the file."""

RECIPES = (
    Recipe(
        "alarm_slices",
        "Where alarms come from",
        "Most suspect first: errors among the reviewed items of a class, voter or slice.",
        {
            "Alarm": text("alarm_id"), "Slice": text("slice"), "Reviewed": count("reviewed"),
            "Wrong": count("errors"), "Error": share("error"),
            "95 % interval": interval("error_low", "error_high"), "Elsewhere": share("elsewhere"),
        },
        lambda rows: [row for row in rows if row["rank"] <= 8],
    ),
    Recipe(
        "alarm_items",
        "Telling items of alarms",
        "Reviewed items that the labels got wrong, the most telling first.",
        {
            "Alarm": text("alarm_id"), "Item": text("item_id"), "Picture": picture("image"),
            "Labelled": text("label"), "Gold": text("gold"), "Confidence": share("confidence"),
            "Misled by": text("misled_by"), "Text": text("text"),
        },
    ),
    Recipe(
        "mistakes",
        "Wrong labels",
        "Audited items of the newest batches that the labels got wrong, the surest first.",
        {
            "Item": text("item_id"), "Picture": picture("image"), "Labelled": text("label"),
            "Gold": text("gold"), "Confidence": share("confidence"), "Misled by": text("misled_by"),
            "Text": text("text"), "Batch": text("batch"),
        },
    ),
    Recipe(
        "alarm_events",
        "What was done about alarms",
        "The audit trail: nothing in it is ever changed.",
        {
            "When": text("at"), "Who": text("who"), "What": text("action"),
            "Series": text("series"), "Batch": text("batch"), "Note": text("note"),
            "Until": text("until"),
        },
    ),
    Recipe(
        "overall",
        "Accuracy over all batches",
        "Labels, consensus, every voter, and its versions where they are few, on audit reviews.",
        {
            "Series": text("series"), "Version": text("version"), "Items": count("items"),
            "Reviewed": count("reviewed"), "Wrong": count("errors"), "Accuracy": share("accuracy"),
            "95 % interval": interval("accuracy_low", "accuracy_high"),
        },
        measured,
    ),
    Recipe(
        "drift_series",
        "Watched series in the newest batch",
        "One budget of false alarms over all of them; evidence and limit on the log scale.",
        {
            "Series": text("series"), "Promised": share("promised"), "by": text("promised_by"),
            "Reviewed": count("reviews"), "Wrong": count("errors"),
            "Evidence": number("log_evidence"), "Limit": number("log_limit"),
            "State": words("alarm", "alarm"), "Change began about": text("change_batch"),
        },
        _newest,
    ),
    Recipe(
        "class_report",
        "Marked spans",
        "Of audited items, over all batches: precision is of the spans given, recall of those that are there. "
        "Strict: start, end and class are right. Overlap: the class is, and a character is shared.",
        {
            "Class": text("class"), "Right if": text("right if"), "Reviewed": count("reviewed"),
            "Precision": share("precision"),
            "95 % of precision": interval("precision_low", "precision_high"),
            "Recall": share("recall"), "95 % of recall": interval("recall_low", "recall_high"),
            "F1": share("f1"), "95 % of F1": interval("f1_low", "f1_high"),
        },
        of_spans,
    ),
    Recipe(
        "confusion",
        "Confusion",
        "Estimated share of all items that are one class and labelled another, over all batches.",
        {"Is": text("truth"), "Labelled": text("label"), "Share of all items": share("share")},
        _over_all,
    ),
    Recipe(
        "reliability",
        "Calibration",
        "What labels say of their confidence, and how often they are right.",
        {
            "Series": text("series"), "Confidence": interval("confidence_low", "confidence_high"),
            "Reviewed": count("reviewed"), "Said": share("confidence"), "Right": share("accuracy"),
            "95 % interval": interval("accuracy_low", "accuracy_high"),
            "Calibration error": share("ece"),
        },
        lambda rows: [row for row in rows if row["reviewed"]],
    ),
    Recipe(
        "agreement",
        "Agreement of reviewers",
        "Cohen's kappa of pairs, Krippendorff's alpha of all: 1 is full agreement, 0 is chance.",
        {
            "First": text("first"), "Second": text("second"), "Measure": text("measure"),
            "Items": count("items"), "Value": number("value"),
        },
    ),
    Recipe(
        "replacement",
        "May a model replace a person?",
        "Beside three or more people with 30 items each: is the model as close to the others as they are?",
        {
            "Voter": text("voter"), "Verdict": text("told"), "Items": count("items"),
            "Winning rate": number("winning_rate"), "Advantage": share("advantage"), "Agrees with people": share("agreement"),
            "95 %": interval("agreement_low", "agreement_high"), "People among each other": share("people_agreement"),
        },
    ),
    Recipe(
        "canary",
        "Canary",
        "The same reviewed items, asked again and again: a change here is the model's, not the data's.",
        {
            "Asked": moment("asked_at"), "Batch": text("batch"), "Voter": text("voter"),
            "Items": count("items"), "Right": share("accuracy"),
            "In the reference": share("accuracy_before"), "Answers that differ": count("flips"),
            "Finding": _finding,
        },
        lambda rows: sorted(rows, key=lambda row: (row["voter"], row["asked_at"], row["round"])),
    ),
    Recipe(
        "voter_scorecard",
        "Cost and quality of models",
        "What each prompt and model cost, and how often it is right.",
        {
            "Voter": text("voter"), "Version": text("version"), "Calls": count("calls"),
            "Cost, $": number("cost_usd"), "Unreadable": count("parse_failures"),
            "Refused": count("refusals"), "95 % answer within, s": number("p95_s"),
            "Accuracy": share("accuracy"),
            "95 % interval": interval("accuracy_low", "accuracy_high"),
        },
        lambda rows: [row for row in rows if row.get("calls") is not None],
    ),
    Recipe(
        "guarantees",
        "Guarantees",
        "How often a dear prompt was asked to keep a promise against people, and what that saved.",
        {
            "Batch": text("batch"), "Prompt": text("voter"), "Target": share("target"), "Risk": share("risk"),
            "Asked": count("asked"), "Spared": count("spared"), "Saved, $": number("saved_usd"),
            "What is proven": text("told"),
        },
    ),
    Recipe(
        "new_words",
        "New words",
        "Share of the texts that hold a word, before and now.",
        {
            "Batch": text("batch"), "Word": text("word"), "Before": share("before"),
            "Now": share("now"),
        },
    ),
    Recipe(
        "label_model",
        "The label model of the newest batch",
        "Which model was published and why, and when it should not be trusted.",
        {
            "Batch": text("batch"), "Model": text("method"), "Why": text("why"),
            "Gold": count("gold"), "Right on gold": share("model_accuracy"),
            "Majority": share("majority_accuracy"), "Warnings": text("warnings"),
        },
        _newest,
    ),
    Recipe(
        "voter_beliefs",
        "What the label model believes of voters",
        "In the newest batch: believed, and measured over all batches where gold tells.",
        {
            "Voter": text("voter"), "Votes": count("votes"), "Believed right": share("accuracy"),
            "95 % interval": interval("accuracy_low", "accuracy_high"),
            "Right on gold": share("gold_accuracy"),
            "95 % interval of that": interval("gold_low", "gold_high"),
        },
        _newest,
    ),
    Recipe(
        "queue_gain",
        "What the learning queue buys",
        "Measured against its random share, and whether more reviews pay.",
        {
            "Strategy": text("strategy"), "Reviews": count("reviews"), "Gain": text("gain"),
            "Advice": text("advice"),
        },
    ),
    Recipe(
        "student_switches",
        "What the student is allowed",
        "Each is kept only if reviewed items of earlier batches say that it helps.",
        {"Switch": text("switch"), "Kept": words("kept", "on", "off"), "Told": text("told")},
        _newest,
    ),
    Recipe(
        "rule_suggestions",
        "Rules worth adding",
        "Ready to paste under rules: in rules.yaml.",
        {
            "Class": text("label"), "From": text("source"),
            "Precision at least": share("precision_low"),
            "Times the class's share": number("lift_low"), "Rule": text("yaml"),
        },
    ),
    Recipe(
        "set_aside",
        "Rows set aside",
        "In quarantine, by reason, with the first of each; nothing is lost.",
        {
            "Rows": count("rows"), "Files": count("files"), "Column": text("field"),
            "First in": text("first_file"), "Row": count("first_row"), "Reason": text("reason"),
        },
    ),
    Recipe(
        "answers_aside",
        "Reviews set aside",
        "Their items have another text or picture now than was answered; they neither teach nor "
        "measure, and count again when it is back.",
        {"Batch": text("batch"), "Answers": count("answers"), "Items": count("items")},
    ),
)  # fmt: skip
