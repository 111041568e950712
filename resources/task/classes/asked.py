"""What somebody wants done to classes, in words: rename, merge, split or retire."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants changed.

    Parameters
    ----------
    what : str
        ``rename``, ``merge``, ``split`` or ``retire``.
    old, new : tuple of str
        Classes before and after: one and one; several and one; one and several; one and none.
    """

    what: str
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def moves(self) -> dict[str, str | None]:
        """What answers with an old name mean from now on."""
        into = self.new[0] if self.what in ("rename", "merge") else None
        return {name: into for name in self.old if name != into}

    @property
    def labels(self) -> dict[str, str | None]:
        """What a rule that votes for an old name votes for now; None if nobody can say."""
        return {} if self.old[0] in self.new and self.what == "split" else self.moves

    def after(self, classes: tuple[str, ...]) -> tuple[str, ...]:
        """Return all classes afterwards: in the place of the first old one stand the new ones."""
        found: list[str] = []
        put = False
        for name in classes:
            if name not in self.old:
                found += [name] if name not in found else []
                continue
            if not put:
                found += [n for n in self.new if n in self.old or n not in classes]
                put = True
        return tuple(dict.fromkeys(found))
