"""What the label model believes, as tables: voters, pairs, classes, calibration, doubts."""

from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np

from labeling.kinds.several.answer import denied
from resources.store.table import Table, as_arrow
from resources.store.tables import (
    CLASS_BALANCE,
    CONSENSUS_CALIBRATION,
    LABEL_MODEL,
    VOTER_BELIEFS,
    VOTER_CONFUSIONS,
    VOTER_PAIRS,
)
from resources.store.warehouse import Warehouse

if TYPE_CHECKING:  # scipy takes half a second to import, and only the consensus fits
    from labeling.consensus.label_model import LabelModel
    from labeling.consensus.several.label_model import SeveralLabelModel
    from labeling.consensus.voters import Voter
    from labeling.quality.estimates.intervals import Interval

LEAST_SHARE = 0.005
"""Cells of a confusion below this share are left out, unless they are the right answer."""

MOST_SHOWN = 40
"""Voters that Dagster shows; the tables hold all."""

BELIEFS = (
    LABEL_MODEL, CLASS_BALANCE, VOTER_BELIEFS, VOTER_CONFUSIONS, VOTER_PAIRS, CONSENSUS_CALIBRATION,
)  # fmt: skip
"""What a label model believes, beside the labels themselves."""

Row = dict[str, Any]


def write_beliefs(
    warehouse: Warehouse, batch: str, beliefs: dict[Table, list[Row]], version: str
) -> None:
    """Replace what the tables hold of the batch, all of them in one transaction."""
    found: dict[Table, list[Row]] = {table: [] for table in BELIEFS} | beliefs
    found[LABEL_MODEL] = [{"version": version, **row} for row in found[LABEL_MODEL]]
    written = {
        table: as_arrow(table, [{"batch": batch, **row} for row in rows])
        for table, rows in found.items()
    }
    warehouse.replace(written, batch=batch)


def beliefs_of(
    model: "LabelModel | SeveralLabelModel",
    voters: list[str],
    classes: tuple[str, ...],
    n_gold: int,
) -> dict[Table, list[Row]]:
    """Return what is believed of voters and classes: the rows of :data:`BELIEFS`, without their batch."""
    return {
        LABEL_MODEL: [_model(model, n_gold)],
        CLASS_BALANCE: [
            {"label": name, "share": float(share)}
            for name, share in zip(classes, model.class_balance_, strict=True)
        ],
        VOTER_BELIEFS: voter_rows(model, voters),
        VOTER_CONFUSIONS: [
            row
            for found, answers in questions_of(model, classes)
            for row in _confusions(found, voters, answers)
        ],
        VOTER_PAIRS: [
            {"first": voters[pair.first], "second": voters[pair.second], "share": pair.share}
            for pair in model.correlated_
        ],
        CONSENSUS_CALIBRATION: _bins(model),
    }


def voter_rows(model: "LabelModel | SeveralLabelModel", voters: list[str]) -> list[Row]:
    """Describe each voter, what is believed of it and what gold says; nothing of silent ones."""
    return [
        {
            "voter": name,
            "votes": voter.n_votes,
            "coverage": voter.coverage,
            "accuracy": voter.accuracy,
            "accuracy_low": voter.interval[0],
            "accuracy_high": voter.interval[1],
            **_measured(voter.gold_accuracy),
        }
        for name, voter in zip(voters, model.voters_, strict=False)
        if voter.n_votes
    ]


def in_dagster(
    model: "LabelModel | SeveralLabelModel", voters: list[str], classes: tuple[str, ...]
) -> Row:
    """Show the same as metadata of the asset."""
    voted = voter_rows(model, voters)
    compared, calibrated = model.comparison_, model.calibration_
    judged: Row = {}
    if compared is not None and compared.n:
        judged = {
            "accuracy_on_unseen_gold": compared.model,
            "accuracy_of_majority": compared.majority,
            "log_loss": compared.log_loss,
        }
    if calibrated is not None and calibrated.curve:
        judged["calibration_error"] = calibrated.error
        judged["calibration_error_by_chance"] = calibrated.chance_error
    return {
        "method": model.method_,
        "why": model.why_,
        **judged,
        "class_balance": dg.MetadataValue.md(
            markdown(
                [
                    {"class": name, "share": float(share)}
                    for name, share in zip(classes, model.class_balance_, strict=True)
                ]
            )
        ),
        "voters": dg.MetadataValue.md(
            markdown(sorted(voted, key=lambda row: -row["votes"])[:MOST_SHOWN])
        ),
        "repeat_each_other": dg.MetadataValue.md(
            markdown(
                [
                    {"first": voters[p.first], "second": voters[p.second], "share": p.share}
                    for p in model.correlated_[:MOST_SHOWN]
                ]
            )
        ),
        "warnings": dg.MetadataValue.md("\n".join(f"- {w}" for w in model.warnings_) or "none"),
    }


def markdown(rows: list[Row]) -> str:
    """Write rows of the same fields as a Markdown table; ``none`` if there are none."""
    if not rows:
        return "none"
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    for row in rows:
        cells = [
            "" if v is None else f"{v:.3f}" if isinstance(v, float) else str(v).replace("|", "\\|")
            for v in row.values()
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _model(model: "LabelModel | SeveralLabelModel", n_gold: int) -> Row:
    compared, calibrated = model.comparison_, model.calibration_
    judged = compared is not None and compared.n > 0
    curve = calibrated is not None and bool(calibrated.curve)
    return {
        "method": model.method_,
        "why": model.why_,
        "gold": n_gold,
        "judged_on": compared.n if compared is not None and judged else None,
        "model_accuracy": compared.model if compared is not None and judged else None,
        "majority_accuracy": compared.majority if compared is not None and judged else None,
        "log_loss": compared.log_loss if compared is not None and judged else None,
        "calibration_error": calibrated.error if calibrated is not None and curve else None,
        "chance_error": calibrated.chance_error if calibrated is not None and curve else None,
        "warnings": "\n".join(model.warnings_),
    }


def questions_of(
    model: "LabelModel | SeveralLabelModel", classes: tuple[str, ...]
) -> "list[tuple[list[Voter], tuple[str, ...]]]":
    """Return what is believed of the voters on each question, and what its answers are called."""
    models = getattr(model, "models_", None)
    if models is None:
        return [(model.voters_, classes)]
    return [(one.voters_, (denied(name), name)) for one, name in zip(models, classes, strict=True)]


def _confusions(believed: "list[Voter]", voters: list[str], classes: tuple[str, ...]) -> list[Row]:
    rows: list[Row] = []
    for name, voter in zip(voters, believed, strict=False):
        share = np.nan_to_num(voter.confusion, nan=0.0)
        met = share.sum(axis=1) > 0
        told = (share >= LEAST_SHARE) | np.eye(len(classes), dtype=bool)
        rows.extend(
            {
                "voter": name,
                "class": classes[true],
                "said": classes[said],
                "share": float(share[true, said]),
                "share_low": float(voter.confusion_low[true, said]),
                "share_high": float(voter.confusion_high[true, said]),
            }
            for true, said in np.argwhere(told & met[:, None]).tolist()
        )
    return rows


def _bins(model: "LabelModel | SeveralLabelModel") -> list[Row]:
    curve = [] if model.calibration_ is None else model.calibration_.curve
    return [
        {
            "confidence_low": b.low,
            "confidence_high": b.high,
            "reviewed": b.reviewed,
            "stated": b.confidence,
            "correct": b.accuracy.point,
            "correct_low": b.accuracy.low,
            "correct_high": b.accuracy.high,
        }
        for b in curve
    ]


def _measured(gold: "Interval") -> Row:
    if not gold.measured:
        return {"gold_accuracy": None, "gold_low": None, "gold_high": None}
    return {"gold_accuracy": gold.point, "gold_low": gold.low, "gold_high": gold.high}
