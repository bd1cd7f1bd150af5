"""Claims that read each other, or themselves at another step: recurrences, and whether they have an end.

Enters: claims in their order.  Leaves: the same, each with the equations of its whole recurrence; and for a recurrence,
whether every entry is found from finitely many others.  A recurrence with an end has one solution, so that what
satisfies it is it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symprop.errors import Fault
from symprop.language import Equation, Index, Position
from symprop.language import expressions as ex
from symprop.oracle.order import groups, names_read
from symprop.verification.values import Claim


def joined(claims: Sequence[Claim]) -> tuple[list[Claim], list[Fault]]:
    """The claims, those of one recurrence with the equations of all of it, and faults of what is read too early."""
    stored = {c.label: c for c in claims if c.tensor is not None}
    equations = [e for c in stored.values() for e in c.equations]
    found = {e.target: group for group in groups(equations) if _recurs(group) for e in group}
    out, faults, above = [], [], set[str]()
    for claim in claims:
        own = claim.label
        group = tuple(e.target for e in found.get(own, ()))
        if group and claim.tensor is not None and claim.tensor.name != own:
            message = f"'{claim.name}' is a recurrence, which cannot be read under this convention"
            faults.append(Fault(claim.where, message, "Write it in the layout of the network, without factors."))
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
    return all(_group_ends(group) for group in groups([*equations.values()]) if _recurs(group))


def _group_ends(group: Sequence[Equation]) -> bool:
    equations = {e.target: e for e in group}
    for axis in range(len(group[0].indices)):
        steps = _steps(equations, {group[0].target: axis})
        if steps is not None and any(_one_way(steps, sign) for sign in (1, -1)):
            return True
    return False


Steps = list[tuple[str, str, int]]


def _steps(equations: Mapping[str, Equation], axes: dict[str, int]) -> Steps | None:
    """Who reads whom, and how far away along the axes, which follow from the first; None where it is no whole step."""
    found: Steps = []
    ahead = list(axes)
    while ahead:
        equation = equations[ahead.pop()]
        own = equation.indices[axes[equation.target]].index
        if own is None or _is_bound(equation, own) or any(g.tensor in equations for g in ex.gathers(equation.body)):
            return None
        for read in (r for r in ex.reads(equation.body) if r.tensor in equations):
            if read.tensor not in axes:
                moved = [k for k, p in enumerate(read.indices) if _step(p, own) is not None]
                if len(moved) != 1:
                    return None
                axes[read.tensor] = moved[0]
                ahead.append(read.tensor)
            step = _step(read.indices[axes[read.tensor]], own)
            if step is None:
                return None
            found.append((equation.target, read.tensor, step))
    return found


def _step(position: Position, own: Index) -> int | None:
    """c of a position that is the index plus c."""
    return position.offset.constant if position.terms == ((own, 1),) else None


def _is_bound(equation: Equation, own: Index) -> bool:
    """True where a reduction inside gives another meaning to the name of an index."""
    return any(i.name == own.name for n in ex.walk(equation.body) if isinstance(n, ex.Reduce) for i in n.indices)


def _one_way(steps: Steps, sign: int) -> bool:
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
