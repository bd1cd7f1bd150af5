"""A time index that is one off in a loop: what its line reads, taken from the step before or after, all the way.

Enters: a wrong claim of several statements.  Leaves: a sentence where the neighbouring step makes it right.

A loop that was run leaves one equation for every pass.  What stands at one place of all of them is an operand of the
line in the loop: the same array at other entries, or arrays of which each is made from the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from symprop.language import Equation, Position, Read
from symprop.language import expressions as ex
from symprop.oracle.order import upstream
from symprop.verification.case import TRUE, Case
from symprop.verification.mistakes import exchanged
from symprop.verification.wording import plain_name

FEWEST = 2
Operands = Sequence[Read]


def one_step_off(case: Case) -> Iterator[str]:
    """The step before or after for what a line of a loop reads."""
    last = case.own[-1].target
    for name in dict.fromkeys(plain_name(e.target) for e in case.own):
        passes = [e for e in case.own if plain_name(e.target) == name]
        if len(passes) < FEWEST:
            continue
        for operands in _operands(passes, name):
            for words, others in _neighbours(operands, case):
                new = {e: exchanged(e.body, o, n) for e, o, n in zip(passes, operands, others, strict=True)}
                equations = [e.with_body(new.get(e, e.body)) for e in case.own]
                if case.gives(equations, last, TRUE):
                    what = " and ".join(dict.fromkeys(plain_name(o.tensor) for o in operands))
                    yield f"Yours is right if {name} reads {what} one step {words}: the time index is one off."
                    return


def _operands(passes: Sequence[Equation], name: str) -> Iterator[Operands]:
    """What stands at one place in all passes, where it differs from one to the next."""
    rows = [[r for r in ex.reads(e.body) if plain_name(r.tensor) != name] for e in passes]
    if len({len(row) for row in rows}) == 1:
        yield from (column for column in zip(*rows, strict=True) if len(set(column)) == len(column))


def _neighbours(operands: Operands, case: Case) -> Iterator[tuple[str, list[ex.Expr]]]:
    """The operands one step earlier and one step later; 0, or what the first one is made from, before the first."""
    if len({o.tensor for o in operands}) == 1:
        yield from _along_an_axis(operands, case)
        return
    made = {e.target: e for e in (*case.derivation.network.equations, *case.own)}
    before = {o: _behind(o.tensor, made) for o in operands}
    ordered = sorted(operands, key=lambda o: len(before[o]))
    if not all(one.tensor in before[other] for one, other in pairwise(ordered)):
        return
    first, last = ordered[0], ordered[-1]
    start = [name for name in _read(first.tensor, made) if _is_like(case, name, first.tensor)]
    ends = [name for name in made if last.tensor in _read(name, made) and _is_like(case, name, last.tensor)]
    ends = [name for name in ends if _form(made.get(name)) == _form(made.get(last.tensor))]
    for words, beyond, row in (("earlier", start, ordered), ("later", ends, ordered[::-1])):
        beside = dict(zip(row, [beyond[0] if beyond else "", *(o.tensor for o in row)], strict=False))
        yield words, [Read(beside[o], o.indices) if beside[o] else ex.ZERO for o in operands]


def _along_an_axis(operands: Operands, case: Case) -> Iterator[tuple[str, list[ex.Expr]]]:
    """Entries of one array that move along one axis: those beside them, 0 beyond its ends."""
    tensor = case.derivation.network.tensors.get(operands[0].tensor)
    rows = [o.indices for o in operands]
    moving = [k for k, places in enumerate(zip(*rows, strict=True)) if len(set(places)) > 1]
    if tensor is None or len(moving) != 1 or any(row[moving[0]].terms for row in rows):
        return
    axis = moving[0]
    size = tensor.axes[axis].constant or 0
    for words, step in (("earlier", -1), ("later", 1)):
        places = [(row[axis].offset.constant or 0) + step for row in rows]
        # an index of -1 is that of the last entry
        wrapped = zip(rows, places, strict=True)
        around = [Read(tensor.name, (*r[:axis], Position.of(p % size), *r[axis + 1 :])) for r, p in wrapped]
        yield words, [m if 0 <= place < size else ex.ZERO for m, place in zip(around, places, strict=True)]
        yield words, list[ex.Expr](around)


def _behind(name: str, made: Mapping[str, Equation]) -> set[str]:
    """All tensors that one is made from, at any remove."""
    return {read for e in upstream(list(made.values()), [name]) for read in ex.tensors_read(e.body)}


def _read(name: str, made: Mapping[str, Equation]) -> list[str]:
    """The tensors that one is made from."""
    return list(ex.tensors_read(made[name].body)) if name in made else []


def _form(equation: Equation | None) -> tuple[type, ...]:
    """What kind of formula an equation is, whatever it reads."""
    return () if equation is None else tuple(type(node) for node in ex.walk(equation.body))


def _is_like(case: Case, one: str, other: str) -> bool:
    """Whether two arrays have the same axes."""
    tensors = {**case.derivation.network.tensors, **case.steps}
    known = [tensors.get(name) for name in (one, other)]
    return known[0] is not None and known[1] is not None and known[0].axes == known[1].axes
