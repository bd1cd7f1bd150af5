"""The order in which equations can be evaluated, recurrences found.

Enters: equations in any order.  Leaves: groups of them, each after all it reads; a group of several equations, or of
one that reads its own target, is a recurrence.  Which entry comes before which inside a group is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from symprop.language import Equation
from symprop.language.equations import Network
from symprop.language.expressions import gathers, reads


def names_read(equation: Equation) -> list[str]:
    """Names of all tensors an equation reads, on its left side and in its domain too, each once."""
    left = [g.tensor for position in equation.indices for g in position.gathers()]
    domain = [g.tensor for c in equation.domain.constraints for g in c.position.gathers()]
    body = [r.tensor for r in reads(equation.body)] + [g.tensor for g in gathers(equation.body)]
    return list(dict.fromkeys([*body, *left, *domain]))


def groups(equations: Sequence[Equation]) -> list[tuple[Equation, ...]]:
    """Strongly connected groups of equations, each after what it reads (Kosaraju's two walks)."""
    at = {equation.target: place for place, equation in enumerate(equations)}
    reading = [[at[name] for name in names_read(e) if name in at] for e in equations]
    readers: list[list[int]] = [[] for _ in equations]
    for place, sources in enumerate(reading):
        for source in sources:
            readers[source].append(place)
    finished = [place for tree in _forest(range(len(equations)), readers) for place in tree]
    found = [sorted(tree) for tree in _forest(reversed(finished), reading)]
    return [tuple(equations[place] for place in group) for group in found]


def _forest(roots: Iterable[int], edges: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Trees of a depth-first walk, each in the order in which its nodes are left."""
    seen: set[int] = set()
    for root in roots:
        if root in seen:
            continue
        seen.add(root)
        left: list[int] = []
        path = [(root, iter(edges[root]))]
        while path:
            node, ahead = path[-1]
            step = next((n for n in ahead if n not in seen), None)
            if step is None:
                left.append(node)
                path.pop()
            else:
                seen.add(step)
                path.append((step, iter(edges[step])))
        yield left


def equations_of(source: Network | Iterable[Equation]) -> list[Equation]:
    """The equations of a network, or the given ones."""
    return list(source.equations if isinstance(source, Network) else source)


def downstream(equations: Iterable[Equation], changed: str) -> set[str]:
    """Targets whose values depend on a tensor, itself among them only where it is part of a recurrence."""
    readers: dict[str, list[str]] = {}
    for equation in equations:
        for name in names_read(equation):
            readers.setdefault(name, []).append(equation.target)
    return _reachable(readers, [changed])


def upstream(equations: Sequence[Equation], wanted: Iterable[str]) -> list[Equation]:
    """The equations that some targets depend on, theirs included, in the order given."""
    wanted = list(wanted)
    needed = _reachable({e.target: names_read(e) for e in equations}, wanted).union(wanted)
    return [e for e in equations if e.target in needed]


def _reachable(edges: Mapping[str, Sequence[str]], starts: Iterable[str]) -> set[str]:
    """All names that can be reached by at least one step."""
    found: set[str] = set()
    ahead = [name for start in starts for name in edges.get(start, ())]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead.extend(edges.get(name, ()))
    return found
