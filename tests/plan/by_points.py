"""Operations of a plan counted by going through all points of all loops, one by one.

Whether a guard holds is found from numbers, and what a loop body has already computed for the values of its indices is
remembered. Nothing of `symprop.plan.cost` or `symprop.plan.points` is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

from symprop.language import Equation, Expr, Index, Position
from symprop.language import expressions as ex
from symprop.language.indices import Compound, Constraint
from symprop.plan import KernelPlan, Stage

Env = Mapping[Index, int]
CHEAP = ("abs", "sign", "floor", "max", "min")
POWERS = {
    "1/2": ("sqrt", 0),
    "3/2": ("sqrt", 1),
    "-3/2": ("sqrt", 2),
    "-1": ("", 1),
    "-2": ("", 2),
    "2": ("", 1),
    "3": ("", 2),
    "4": ("", 3),
}
"""Functions and operations of exponents in the cases; every other one is a power."""


class Walk:
    """Counts: "flops", and functions by name."""

    def __init__(self, plan: KernelPlan, rows: int) -> None:
        self.sizes, self.done = {"N": rows}, Counter[str]()
        self.shapes = {n: [a.value(self.sizes) for a in t.axes] for n, t in plan.tensors}
        rng = np.random.default_rng(3)
        tops = {n: t.high.constant if t.high is not None else 1 for n, t in plan.tensors if t.dtype == "integer"}
        self.integers = {n: rng.integers(0, top, self.shapes[n]) for n, top in tops.items()}

    def stage(self, stage: Stage) -> None:
        groups = [*([(stage.product.equation,)] if stage.product else []), *stage.groups]
        for group in groups:
            seen: set[Any] = set()
            for equation in group:
                self.equation(equation, seen)

    def equation(self, equation: Equation, seen: set[Any]) -> None:
        for env in self.points(equation.free, {}):
            if self.holds(equation.domain.constraints, env):
                self.visit(equation.body, env, seen)

    def points(self, indices: tuple[Index, ...], env: Env) -> Any:
        for at in product(*(range(i.extent.value(self.sizes)) for i in indices)):
            yield {**env, **dict(zip(indices, at, strict=True))}

    def at(self, position: Position, env: Env) -> int:
        return position.offset.value(self.sizes) + sum(c * self.atom(a, env) for a, c in position.terms)

    def atom(self, atom: Any, env: Env) -> int:
        if isinstance(atom, Index):
            return env[atom]
        if isinstance(atom, Compound):
            value = 0
            for part, radix in zip(atom.parts, atom.radices, strict=True):
                value = value * radix.value(self.sizes) + self.at(part, env)
            return value
        return int(self.integers[atom.tensor][tuple(self.at(p, env) for p in atom.positions)])

    def holds(self, constraints: tuple[Constraint, ...], env: Env) -> bool:
        values = [(c.kind, self.at(c.position, env)) for c in constraints]
        return all(v >= 0 if kind == "ge" else v == 0 for kind, v in values)

    def inside(self, total: ex.Reduce, env: Env) -> bool:
        factors = total.body.factors if isinstance(total.body, ex.Mul) else (total.body,)
        reads = [f for f in factors if isinstance(f, ex.Read)] if total.op == "sum" else []
        return all(
            0 <= self.at(p, env) < size
            for r in reads
            for p, size in zip(r.indices, self.shapes[r.tensor], strict=True)
        )

    def visit(self, expr: Expr, env: Env, seen: set[Any]) -> None:
        key = (expr, frozenset((i, env[i]) for i in ex.free_indices(expr)))
        if key in seen:
            return
        seen.add(key)
        if isinstance(expr, ex.Guard):
            if self.holds(expr.domain.constraints, env):
                self.visit(expr.body, env, seen)
        elif isinstance(expr, ex.Reduce):
            for point in self.points(expr.indices, env):
                if self.holds(expr.domain.constraints, point) and self.inside(expr, point):
                    self.done["flops"] += 1
                    self.visit(expr.body, point, seen)
        else:
            self.node(expr, env, seen)

    def node(self, expr: Expr, env: Env, seen: set[Any]) -> None:
        children = list(expr.children())
        if isinstance(expr, ex.Add):
            self.done["flops"] += len(children) - 1
        elif isinstance(expr, ex.Mul):
            children = [c for c in children if str(c) != "-1"]
            below = [isinstance(c, ex.Pow) and (ex.number(c.exponent) or 0) < 0 for c in children]
            self.done["flops"] += len(children) - (0 if all(below) else 1)
            children = [
                ex.power(c.base, ex.negate(c.exponent)) if b else c  # type: ignore[attr-defined]
                for c, b in zip(children, below, strict=True)
            ]
        elif isinstance(expr, ex.Pow):
            name, steps = POWERS.get(str(ex.number(expr.exponent)), ("power", 0))
            self.done.update({name: 1, "flops": steps} if name else {"flops": steps})
        elif isinstance(expr, ex.Call):
            self.done["flops" if expr.name in CHEAP else expr.name] += 1
        elif isinstance(expr, ex.Compare | ex.Where):
            self.done["flops"] += 1
        for child in children:
            self.visit(child, env, seen)
