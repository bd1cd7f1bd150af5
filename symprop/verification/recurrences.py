"""Claims that read each other, or themselves at another step: recurrences, and whether they have an end.

Enters: claims in their order.  Leaves: the same, each with the equations of its whole recurrence; and for a recurrence,
whether every entry is found from finitely many others.  A recurrence with an end has one solution, so that what
satisfies it is it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from symprop.errors import Fault
from symprop.language import Equation, Position, Read
from symprop.language import expressions as ex
from symprop.oracle.order import groups, names_read
from symprop.verification.values import Claim


def joined(claims: Sequence[Claim]) -> tuple[list[Claim], list[Fault]]:
    """The claims, those of one recurrence with the equations of all of it, and faults of what is read too early."""
    stored = {c.tensor.name: c for c in claims if c.tensor is not None}
    equations = [e for c in stored.values() for e in c.equations]
    found = {e.target: group for group in groups(equations) if _recurs(group) for e in group}
    out, faults, above = [], [], set[str]()
    for claim in claims:
        own = claim.tensor.name if claim.tensor is not None else ""
        group = tuple(e.target for e in found.get(own, ()))
        early = [name for name in claim.reads if name in stored and name not in above and name not in group]
        if early:
            message = f"'{claim.name}' reads '{stored[early[0]].name}', which is claimed below"
            faults.append(Fault(claim.where, message, f"Put {claim.name} below {stored[early[0]].name}."))
        above.add(own)
        out.append(_with_group(claim, [stored[name] for name in group if name in stored]) if group else claim)
    return out, faults


def _recurs(group: Sequence[Equation]) -> bool:
    return len(group) > 1 or group[0].target in names_read(group[0])


def _with_group(claim: Claim, members: Sequence[Claim]) -> Claim:
    others = [e for member in members if member.name != claim.name for e in member.equations]
    equations = (*others, *claim.equations)
    own = {e.target for e in equations}
    reads = dict.fromkeys(name for member in members for name in member.reads if name not in own)
    group = tuple(m.tensor.name for m in members if m.tensor is not None)
    return replace(claim, equations=equations, reads=tuple(reads), group=group)


# -- an end ----------------------------------------------------------------------------------------------------------


def ends(equations: Mapping[str, Equation]) -> bool:
    """True where it is proved that every entry of a recurrence is found from finitely many others.

    Looked for is an axis of each target along which all reads of the recurrence go one way, by whole steps, and those
    without a step lead round in no circle.
    """
    axes = [range(len(e.indices)) for e in equations.values()]
    for choice in product(*axes):
        steps = list(_steps(equations, dict(zip(equations, choice, strict=True))))
        known = [(reader, read, step) for reader, read, step in steps if step is not None]
        if len(known) == len(steps) and any(_one_way(known, sign) for sign in (1, -1)):
            return True
    return False


def _steps(equations: Mapping[str, Equation], axis: Mapping[str, int]) -> Iterator[tuple[str, str, int | None]]:
    """Who reads whom, and how far away along the chosen axes; None for what is no whole step."""
    for name, equation in equations.items():
        own = equation.indices[axis[name]].index
        for read in (r for r in ex.reads(equation.body) if r.tensor in equations):
            step = None if own is None or _bound(equation, own.name) else _step(read, axis[read.tensor], own)
            yield name, read.tensor, step
        for gather in (g for g in ex.gathers(equation.body) if g.tensor in equations):
            yield name, gather.tensor, None


def _step(read: Read, axis: int, own: object) -> int | None:
    position: Position = read.indices[axis]
    if [(atom, c) for atom, c in position.terms] != [(own, 1)]:
        return None
    return position.offset.constant


def _bound(equation: Equation, name: str) -> bool:
    """True where a reduction inside gives another meaning to the name of an index."""
    return any(i.name == name for n in ex.walk(equation.body) if isinstance(n, ex.Reduce) for i in n.indices)


def _one_way(steps: Sequence[tuple[str, str, int]], sign: int) -> bool:
    if any(step * sign < 0 for _, _, step in steps):
        return False
    still: dict[str, set[str]] = {}
    for reader, read, step in steps:
        if step == 0:
            still.setdefault(reader, set()).add(read)
    while still:
        leaves = {name for reads in still.values() for name in reads} - still.keys()
        kept = {name: reads - leaves for name, reads in still.items()}
        kept = {name: reads for name, reads in kept.items() if reads}
        if kept == still:
            return False
        still = kept
    return True
