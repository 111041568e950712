"""What model calls may cost."""

from dataclasses import dataclass

EPSILON_USD = 1e-9
"""Rounding of sums of floats; a tenth of a millionth of a cent."""


DAY_S = 86_400.0


def day_start(now: float) -> float:
    """Return the last midnight UTC before ``now``; both in seconds since 1970."""
    return now - now % DAY_S


@dataclass(frozen=True, slots=True)
class Budget:
    """What model calls may cost, in US dollars; ``None`` where there is no cap.

    Parameters
    ----------
    run_usd, day_usd, task_usd : float, optional
        Caps of one run, of one day (UTC) over all runs, and of the task for ever.
    """

    run_usd: float | None = None
    day_usd: float | None = None
    task_usd: float | None = None

    def capped(self) -> bool:
        """Whether there is any cap."""
        return (self.run_usd, self.day_usd, self.task_usd) != (None, None, None)

    def caps(self) -> dict[str, float | None]:
        """Return the caps by name."""
        return {"run": self.run_usd, "day": self.day_usd, "task": self.task_usd}


def reached(name: str, cap: float, spent: float, held: float, worst_usd: float) -> str:
    """Say that the next request might pass a cap; all in US dollars."""
    return (
        f"the {name} budget of ${cap:g} is reached: ${spent:.6f} spent, "
        f"${held:.6f} held for requests that are out, "
        f"and the next request may cost ${worst_usd:.6f}; "
        f"raise models.budget.{name}_usd or run again when there is budget left"
    )
