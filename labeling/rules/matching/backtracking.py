"""Patterns that would backtrack for ever: found by their automaton, proven by a text.

A pattern takes exponential time when some loop can read the same text in two ways (*exponential
degree of ambiguity*: A. Weber and H. Seidl, "On the degree of ambiguity of finite automata", 1991).
The loop also yields a text that shows it, and the pattern is only called endless when Python's
``re`` fails to answer on that text in time.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from labeling.rules.matching.characters import parser
from labeling.rules.matching.positions import Positions, TooLargeError, position_automaton

MAX_LOOP = 48
"""Loops of more positions are not analysed; their pattern counts as risky."""

PUMPS = 40
"""How often an attack repeats the loop: 2**40 ways take hours, a tame pattern microseconds."""

_TAILS = ("!", "\x00", "a", " ", "\n", "0", "\u00e9", "")


@dataclass(frozen=True, slots=True)
class Risk:
    """What backtracking may cost.

    Parameters
    ----------
    loops : int
        Loops that may follow each other: a search of a text of ``n`` characters takes at most in
        the order of ``n ** (loops + 1)`` steps, unless ``unbounded``.
    unbounded : bool
        Some loop is ambiguous, or too large to tell.
    attacks : tuple of str
        Short texts on which an ambiguous loop should take for ever.
    """

    loops: int
    unbounded: bool
    attacks: tuple[str, ...] = ()

    def steps(self, length: int) -> float:
        """Bound the steps of a search in a text of so many characters, in order of magnitude."""
        return float("inf") if self.unbounded else float(length + 1) ** (self.loops + 1)


@lru_cache(maxsize=4096)
def assess(pattern: str, flags: int) -> Risk:
    r"""Tell how much a pattern may backtrack.

    Examples
    --------
    >>> assess(r"(a+)+$", 0).unbounded, assess(r"\w+@\w+", 0).unbounded
    (True, False)
    >>> assess(r"(?:a++)+$", 0).unbounded
    False
    """
    parsed = parser.parse(pattern, flags)
    waiting: list[tuple[list[Any], int]] = [(list(parsed), parsed.state.flags)]
    loops, unbounded, attacks = 0, False, list[str]()
    while waiting:
        items, inside = waiting.pop()
        try:
            made = position_automaton(items, inside)
        except TooLargeError:
            return Risk(0, unbounded=True)
        waiting += made.parts
        components = _components(len(made.masks), made.edges)
        cyclic = [one for one in components if len(one) > 1 or one[0] in made.edges[one[0]]]
        loops += _longest_chain(made, components, cyclic)
        for one in cyclic:
            if len(one) > MAX_LOOP:
                unbounded = True
                continue
            pump = _ambiguous_walk(made, one)
            if pump is not None:
                unbounded = True
                first, masks = pump
                prefix = _text(made.masks[i] for i in _path(made, made.starts, first) or [])
                body = _text(masks) * PUMPS
                attacks += [prefix + body + tail for tail in _TAILS]
    return Risk(loops, unbounded, tuple(attacks))


def _components(n: int, edges: Sequence[Iterable[int]]) -> list[list[int]]:
    """Return the strongly connected components, successors first (Tarjan, without recursion)."""
    order, low = [-1] * n, [0] * n
    on_stack = [False] * n
    stack: list[int] = []
    found: list[list[int]] = []
    clock = 0
    for root in range(n):
        if order[root] >= 0:
            continue
        work = [(root, iter(edges[root]))]
        order[root] = low[root] = clock
        clock += 1
        stack.append(root)
        on_stack[root] = True
        while work:
            node, rest = work[-1]
            child = next(rest, None)
            if child is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    component: list[int] = []
                    while not component or component[-1] != node:
                        component.append(stack.pop())
                        on_stack[component[-1]] = False
                    found.append(component)
            elif order[child] < 0:
                order[child] = low[child] = clock
                clock += 1
                stack.append(child)
                on_stack[child] = True
                work.append((child, iter(edges[child])))
            elif on_stack[child]:
                low[node] = min(low[node], order[child])
    return found


def _longest_chain(made: Positions, components: list[list[int]], cyclic: list[list[int]]) -> int:
    of = {position: i for i, one in enumerate(components) for position in one}
    loops = {of[one[0]] for one in cyclic}
    longest = [0] * len(components)
    for i, one in enumerate(components):
        after = [longest[of[t]] for p in one for t in made.edges[p] if of[t] != i]
        longest[i] = (i in loops) + max(after, default=0)
    return max(longest, default=0)


def _ambiguous_walk(made: Positions, loop: list[int]) -> tuple[int, list[int]] | None:
    """Return a position and a text that leads from it back to it in two ways, or None.

    The text is a list of sets of characters.
    """
    inside = set(loop)
    for p in loop:
        for q, ways in made.edges[p].items():
            if q in inside and ways > 1:
                back = _path(made, [q], p, inside) or [q]
                return p, [made.masks[i] for i in back]
    pairs = [(p, q) for p in loop for q in loop if made.masks[p] & made.masks[q]]
    number = {pair: i for i, pair in enumerate(pairs)}
    edges = [
        [number[a, b] for a in made.edges[p] for b in made.edges[q] if (a, b) in number]
        for p, q in pairs
    ]
    for component in _components(len(pairs), edges):
        members = [pairs[i] for i in component]
        same = [pair for pair in members if pair[0] == pair[1]]
        apart = [pair for pair in members if pair[0] != pair[1]]
        if same and apart:
            start, middle = number[same[0]], number[apart[0]]
            allowed = set(component)
            there = _walk(edges, [start], middle, allowed)
            back = _walk(edges, [middle], start, allowed)
            if there and back:
                walk = [pairs[i] for i in [*there, *back[1:]]][1:]
                return same[0][0], [made.masks[p] & made.masks[q] for p, q in walk]
    return None


def _path(
    made: Positions, starts: Iterable[int], goal: int, allowed: set[int] | None = None
) -> list[int] | None:
    return _walk([list(one) for one in made.edges], starts, goal, allowed)


def _walk(
    edges: list[list[int]], starts: Iterable[int], goal: int, allowed: set[int] | None
) -> list[int] | None:
    """Return a shortest walk of nodes from one of the starts to the goal, both included."""
    before: dict[int, int] = {one: -1 for one in starts if allowed is None or one in allowed}
    queue = deque(before)
    while queue:
        node = queue.popleft()
        if node == goal:
            walk = [node]
            while before[walk[-1]] >= 0:
                walk.append(before[walk[-1]])
            return walk[::-1]
        for after in edges[node]:
            if after not in before and (allowed is None or after in allowed):
                before[after] = node
                queue.append(after)
    return None


def _text(masks: Iterable[int]) -> str:
    return "".join(map(_character, masks))


def _character(mask: int) -> str:
    for preferred in "a0 A-_.":
        if mask >> ord(preferred) & 1:
            return preferred
    ascii_part = mask & ((1 << 128) - 1)
    return chr((ascii_part & -ascii_part).bit_length() - 1) if ascii_part else "\u00e9"
