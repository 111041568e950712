"""What ``touchstone consensus`` found, ready for JSON."""

from pathlib import Path
from typing import Any

import numpy as np

from labeling.consensus.files import VoteFile
from labeling.consensus.label_model import LabelModel
from labeling.consensus.several.files import SetFile
from labeling.consensus.several.label_model import SeveralLabelModel


def report_of(
    model: LabelModel | SeveralLabelModel, file: VoteFile | SetFile, undecided: int, out: Path
) -> dict[str, Any]:
    """Return what a label model says of a file of votes, ready for JSON."""
    measured = model.comparison_
    return {
        "labels": str(out),
        "items": len(file.item_ids),
        "undecided": undecided,
        "votes": file.votes.n_votes,
        "classes": file.classes,
        "method": model.method_,
        "why": model.why_,
        "warnings": [*file.warnings, *model.warnings_],
        "class_balance": model.class_balance_.tolist(),
        "gold": None
        if measured is None or not measured.n
        else {
            "reviewed": measured.n,
            "accuracy": measured.model,
            "majority_accuracy": measured.majority,
            "log_loss": measured.log_loss,
            "calibration_error": None if model.calibration_ is None else model.calibration_.error,
        },
        "correlated": [
            {"voters": [file.voters[pair.first], file.voters[pair.second]], "share": pair.share}
            for pair in model.correlated_
        ],
        "voters": [
            {
                "voter": name,
                "votes": voter.n_votes,
                "coverage": voter.coverage,
                "accuracy": None if np.isnan(voter.accuracy) else voter.accuracy,
                "interval": list(voter.interval),
                "gold_accuracy": voter.gold_accuracy.point
                if voter.gold_accuracy.measured
                else None,
                "gold_interval": [voter.gold_accuracy.low, voter.gold_accuracy.high],
                "confusion": _finite(voter.confusion),
                "confusion_low": _finite(voter.confusion_low),
                "confusion_high": _finite(voter.confusion_high),
            }
            for name, voter in zip(file.voters, model.voters_, strict=True)
        ],
    }


def _finite(table: np.ndarray[Any, np.dtype[np.float64]]) -> list[list[float | None]]:
    return [[None if np.isnan(share) else float(share) for share in row] for row in table]
