"""The optimizer's step as text: the equations of an entry, for all entries at once.

Enters: an Optimizer, scalar equations over w, g, its state, t and lr.  Leaves: lines of a loop body (Numba), or of
array statements (NumPy).  What depends on t and lr alone is computed once a step, in double precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symprop.codegen.arrays import Arrays
from symprop.codegen.blocks import Block
from symprop.codegen.naming import RESERVED, Names
from symprop.codegen.scalars import Scalars
from symprop.language import Equation, Expr, Function, Network, Optimizer, Tensor, parse_equation
from symprop.language.expressions import tensors_read
from symprop.plan.expansion import expand
from symprop.plan.step import SCALARS, hoisted

PLAIN = Optimizer("sgd", (), (parse_equation("w = w - lr*g"),), 0.01)
FREE = RESERVED - {"grad", "key", "lr", "r", "state", "t", "w", "theta", "work"}


@dataclass(frozen=True)
class Update:
    """Lines before the entries, lines of an entry, and the names of what an entry assigns."""

    before: tuple[str, ...]
    body: tuple[str, ...]
    state: tuple[str, ...]
    rate: tuple[str, ...]


def update_lines(optimizer: Optimizer, network: Network, dtype: str, loops: bool) -> Update:
    """The step of an optimizer.

    Args:
        optimizer: its equations.
        network: functions its equations may call.
        dtype: type of parameters.
        loops: for one entry in a loop, else for whole arrays.
    """
    functions = dict(network.functions)
    equations = [e.with_body(expand(e.body, functions)) for e in optimizer.equations]
    assigned = [e.target for e in equations]
    names = Names(["w", "g", "t", "lr", *optimizer.state, *assigned], FREE)
    found: dict[Expr, str] = {}
    lowered = [e.with_body(hoisted(e.body, found, lambda: names.variable("c"))) for e in equations]
    tensors = {n: Tensor(n, ()) for e in (*lowered, *equations) for n in (e.target, *tensors_read(e.body))}
    before = once_a_step([(name, expr) for expr, name in found.items()], names)
    body = _entry(lowered, names, tensors, dtype) if loops else _whole(lowered, names, tensors)
    return Update(tuple(before), tuple(body), tuple(map(names.tensor, optimizer.state)), _rate(optimizer, functions))


def once_a_step(scalars: Sequence[tuple[str, Expr]], names: Names) -> list[str]:
    """Lines of what depends on t and lr alone, computed in double precision."""
    wide = Scalars(names, {name: Tensor(name, ()) for name in SCALARS}, "float64")
    block = Block()
    for name, expr in scalars:
        block.write(f"{names.tensor(name)} = real({wide.value(expr, block)})")
    return block.lines


def _entry(equations: list[Equation], names: Names, tensors: dict[str, Tensor], dtype: str) -> list[str]:
    scalars = Scalars(names, tensors, dtype)
    block = Block()
    for equation in equations:
        block.counts.clear()
        block.known.clear()
        block.count(equation.body)
        text = scalars.value(equation.body, block)
        block.write(f"{names.tensor(equation.target)} = {text}")
    return block.lines


def _whole(equations: list[Equation], names: Names, tensors: dict[str, Tensor]) -> list[str]:
    arrays = Arrays(names, tensors, elementwise=True)
    for equation in equations:
        arrays.statement(equation)
    return arrays.lines


def _rate(optimizer: Optimizer, functions: dict[str, Function]) -> tuple[str, ...]:
    """Lines of the rate of a step: lr times the schedule."""
    schedule = expand(optimizer.schedule, functions)
    names = Names(["lr", "t", "total"], FREE - {"total"})
    tensors = {n: Tensor(n, ()) for n in ("lr", "t", "total")}
    block = Block()
    block.count(schedule)
    text = Scalars(names, tensors, "float64").value(schedule, block)
    return (*block.lines, f"return lr * ({text})")
