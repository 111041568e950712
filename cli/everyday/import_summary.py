"""What ``touchstone import`` says of a file: what was read as what, what is left out, what it is for."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from labeling.counted import counted
from labeling.kinds.kind import Kind

if TYPE_CHECKING:
    from console.formats.foreign import Foreign
    from console.formats.intake.measuring import Use
    from console.formats.intake.taking import Taken
    from console.formats.own.bundle import Bundle
    from console.formats.tools.entries import Names

LEFT_OUT = 10
"""Rows left out that are spelled out."""


def read_as(found: "Foreign", names: "Names", taken: "Taken") -> list[str]:
    """Say which column or field was read as what."""
    fields = list(dict.fromkeys(name for one in found.entries for name in one.fields))
    meaning = {
        names.label: "label", names.id: "id of the item", names.batch: "batch", names.text: "text", names.image: "picture"
    }  # fmt: skip
    lines = [f"Read as {found.kind}, {counted(len(found.entries), 'row')}:"]
    lines += [f"  {name}: {meaning.get(name, 'not used')}" for name in fields]
    lines += [f"  {names.label}: label"] if names.label and names.label not in fields else []
    if names.id is None:
        lines.append("  items are found by their text: the file has no id of the task's own")
    if taken.unanswered:
        lines.append(
            f"  {counted(taken.unanswered, 'row has', 'rows have')} no answer, and the task knows what about"
        )
    return lines


def counts(bundle: "Bundle", kind: Kind) -> list[str]:
    """Say how many answers name each class, by whom, in which batches."""
    said = [("(no label)",) if r.label is None else kind.named(r.label) for r in bundle.reviews]
    labels = Counter(name for names in said for name in names or ("(no class)",))
    people = Counter(r.reviewer for r in bundle.reviews)
    batches = Counter(r.batch for r in bundle.reviews)
    return [
        f"{what}: " + (", ".join(f"{name} {n:,}" for name, n in sorted(counts.items())) or "none")
        for what, counts in (("Answers", labels), ("By", people), ("In batches", batches))
    ]


def tell_left_out(taken: "Taken", say: Callable[[str], None]) -> None:
    """Say which rows are left out, and why."""
    faults = [*taken.faults, *taken.unplaced]
    if faults:
        say(f"{counted(len(faults), 'row is', 'rows are')} left out:")
    for fault in faults[:LEFT_OUT]:
        say(f"  {fault}")
    if len(faults) > LEFT_OUT:
        say(f"  and {len(faults) - LEFT_OUT:,} more")


def what_for(use: "Use", declared: bool) -> list[str]:
    """Say how many answers will measure, and how many only teach."""
    lines: list[str] = []
    if use.measure or use.teach:
        lines.append(
            f"{counted(use.measure, 'answer is about an item', 'answers are about items')} that "
            f"{'was' if use.measure == 1 else 'were'} drawn at random: "
            f"{'it measures' if use.measure == 1 else 'they measure'} from the next run on. "
            f"{counted(use.teach, 'answer only teaches', 'answers only teach')}."
        )
    if use.open:
        lines.append(
            f"{counted(use.open, 'answer is', 'answers are')} about batches that have no audit sample "
            f"yet: of these, what the first run draws will measure, and the rest only teach."
        )
    if use.teach and not declared:
        lines.append(
            "If the items were drawn at random from their batches, say --random with their "
            "probability; they then measure too."
        )
    if use.teach and declared:
        lines.append(
            "What was declared and only teaches is in batches whose own sample is stratified, or "
            "has no released label."
        )
    return lines
