"""Columns that several tables have."""

BATCH = ("varchar", "The window of time the item belongs to.")
ITEM = ("varchar", "The item; key together with the batch.")
VOTER = ("varchar", "The rule or the prompt.")
RUN = ("varchar", "The Dagster run that wrote the row.")
IMAGE = ("varchar", "Path or address of the image, if there is one.")
BEGINNING = ("varchar", "Its beginning.")
SHOWS_CLASS = ("varchar", "Its gold when the panel was chosen.", "class")


def interval(name: str, share: str = "95 %", unit: str = "0..1") -> dict[str, tuple[str, ...]]:
    """Both ends of an interval, as columns ``name_low`` and ``name_high``."""
    return {
        f"{name}_low": ("double", f"Lower end of the {share} interval.", unit),
        f"{name}_high": ("double", f"Upper end of the {share} interval.", unit),
    }


ACCURACY_BY_DESIGN = {
    "accuracy": ("double", "Share right by the sampling probabilities; null: no review.", "0..1"),
    **interval("accuracy"),
}
