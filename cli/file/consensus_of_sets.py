"""``touchstone consensus --kind several``: a set of classes an item out of a file of votes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cli.file.consensus_report import report_of
from labeling.consensus.several.files import KIND, SetFile, read_set_gold, write_sets
from labeling.consensus.several.label_model import SeveralLabelModel
from labeling.consensus.several.silence import with_silence
from labeling.counted import counted
from labeling.kinds.kind import UNDECIDED


def consensus_of_sets(
    file: SetFile, gold: Path | None, shares: Sequence[float] | None, seed: int, out: Path
) -> dict[str, Any]:
    """Write the labels of a file of votes, and return what is told of them.

    Parameters
    ----------
    file : SetFile
    gold : Path or None
        A file of reviewed items.
    shares : sequence of float, optional
        Of items that have each class.
    seed : int
    out : Path

    Raises
    ------
    LabelingError
        If gold or shares do not fit the votes.
    """
    votes, units, k = file.votes, file.units, len(file.classes)
    reviewed = None if gold is None else read_set_gold(gold, file)
    model = SeveralLabelModel(
        k,
        class_balance=shares,
        random_state=seed,
        voter_names=file.voters,
        question_names=file.classes,
    ).fit(votes, units, reviewed)
    balance = None if shares is None else np.array(shares, dtype=np.float64)
    posterior = with_silence(model.predict_proba(votes, units), votes, units, reviewed, balance)
    voted = np.bincount(votes.item, minlength=units.n_units) > 0
    silent = np.where(KIND.heard(units, voted), (posterior[:, 1] > 0.5).astype(np.int64), UNDECIDED)
    answer = np.where(voted, model.decide(posterior, votes, units), silent)
    label = KIND.assemble(units, answer, posterior, file.classes)
    given = np.where(answer == 1, posterior[:, 1], posterior[:, 0])
    by_class = KIND.by_class(posterior, k)
    write_sets(out, file, label, KIND.certainty(units, given), by_class)
    report = report_of(model, file, sum(one is None for one in label), out)
    silent_voters = [one["voter"] for one in report["voters"] if not one["votes"]]
    # that a rule speaks of some classes only is how rules are
    warnings = [one for one in report["warnings"] if "never spoke" not in one]
    if silent_voters:
        warnings.append(
            f"{counted(len(silent_voters), 'voter')} never spoke: {', '.join(silent_voters)}"
        )
    return report | {
        "warnings": warnings,
        "kind": KIND.name,
        "thresholds": model.thresholds_.tolist(),
        "whole_answers": [name for name, one in zip(file.voters, file.whole, strict=True) if one],
    }
