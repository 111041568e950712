"""What a model does not take as it is asked: parameters left out, renamed, or set otherwise.

Nobody lists which model takes what, but each says what it refuses. What was refused once is not
sent again, and a person is told.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from labeling.llm.providers.room import LIMITS, limit_name, with_room
from labeling.llm.providers.transport import Refused, Request

LARGER, LEAST_LARGER = 4, 4096
"""How much more room an answer is given that was cut: so many times as much, at least so much."""

MOST_ROOM = 16_384
"""No answer is given more room than that, in tokens, unless its prompt says so."""


def larger(tokens: int) -> int:
    """Return the next larger room for an answer, in tokens.

    Examples
    --------
    >>> larger(16), larger(1024), larger(50_000)
    (4096, 4096, 50000)
    """
    return max(tokens, min(MOST_ROOM, max(LEAST_LARGER, LARGER * tokens)))


@dataclass(slots=True)
class Manners:
    """How one model wants to be asked.

    Attributes
    ----------
    left_out : set of (str, str)
        Parameters, with their values as JSON, that it refuses.
    limit : str, optional
        Under which name it takes the limit of the answer's length.
    least, most : int, optional
        Limits that it takes at least, and at most.
    learned : callable
        Told of every refusal, with the value that was refused as JSON.
    """

    left_out: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    limit: str | None = None
    least: int | None = None
    most: int | None = None
    learned: Callable[[Refused, str], None] | None = None

    def adapt(self, request: Request) -> Request:
        """Return ``request`` as the model takes it."""
        if not (self.left_out or self.limit or self.least or self.most):
            return request
        parameters: Mapping[str, Any] = {
            name: value
            for name, value in request.parameters.items()
            if (name, json.dumps(value)) not in self.left_out
        }
        name = limit_name(parameters)
        room = int(parameters[name])
        if self.least is not None:
            room = max(room, self.least)
        if self.most is not None:
            room = min(room, self.most)
        if self.limit is not None and name != self.limit:
            parameters = {k: v for k, v in parameters.items() if k != name} | {self.limit: room}
        return replace(request, parameters=with_room(parameters, room))

    def learn(self, sent: Request, refused: Refused) -> str | None:
        """Take note of what was refused; return it in words, or ``None`` if nothing can be done.

        Parameters
        ----------
        sent : Request
            What was refused.
        refused : Refused
            The parameter, and what would do instead.
        """
        name = refused.parameter
        if name not in sent.parameters:
            return None
        value = json.dumps(sent.parameters[name])
        if name in LIMITS:
            told = self._learn_limit(name, int(sent.parameters[name]), refused)
        else:
            self.left_out.add((name, value))
            told = f"refuses {name}: {value}: it is left out"
        if told is None:
            return None
        if self.learned is not None:
            self.learned(refused, value)
        return f"{sent.model} {told}; change it under parameters"

    def _learn_limit(self, name: str, room: int, refused: Refused) -> str | None:
        if refused.at_most is not None:
            if not 0 < refused.at_most < room:
                return None
            self.most = refused.at_most
            return f"refuses {name}: {room}: it is sent {self.most}"
        if refused.at_least is not None:
            least = refused.at_least or larger(room)
            if least <= room or (refused.at_least == 0 and room >= MOST_ROOM):
                return None
            self.least = least
            return f"refuses {name}: {room}: it is sent {self.least}"
        other = next(limit for limit in LIMITS if limit != name)
        if self.limit == name:  # it refuses either
            return None
        self.limit = other
        return f"refuses {name}: {other} is sent instead"
