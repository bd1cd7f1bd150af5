"""Functions that several equations evaluate at the same points, evaluated once and stored.

    S[n] = sum[u](exp(Z[n,u] - M[n])); P[n,c] = exp(Z[n,c] - M[n])/S[n]
    E[n,u] = exp(Z[n,u] - M[n]); S[n] = sum[u](E[n,u]); P[n,c] = E[n,c]/S[n]

An activation and its derivative share theirs as well.  To read a number is a tenth of the work of an exponential.

Enters: equations.  Leaves: equations of the same values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from symprop.language import Equation, Expr, Index, Position, Read, Tensor
from symprop.language.expressions import (
    Add,
    Call,
    Compare,
    Guard,
    Mul,
    Number,
    Pow,
    Reduce,
    mul,
    number,
    power,
    reads,
    substitute,
    transform,
    walk,
)
from symprop.plan.contraction import scratch

DEAR = frozenset(("exp", "expm1", "log", "log1p", "tanh", "erf", "erfc", "sin", "cos"))
Key = tuple[str, tuple[str, ...]]


class Use(NamedTuple):
    """A function of an equation: where it is, and over which indices it differs."""

    equation: Equation
    call: Call
    indices: tuple[Index, ...]


def evaluated_once(equations: Sequence[Equation], tensors: dict[str, Tensor]) -> list[Equation]:
    """The equations with functions that two of them evaluate read from a tensor.

    Args:
        equations: of one program.
        tensors: every tensor by name; those this takes are added.
    """
    uses: dict[Key, list[Use]] = {}
    for equation in (e for e in equations if not e.domain):
        for call in _calls(equation.body):
            indices = _indices(call)
            if indices is not None:
                uses.setdefault(_key(call, indices), []).append(Use(equation, call, indices))
    shared = {key: found for key, found in uses.items() if len({u.equation.target for u in found}) > 1}
    return _Stored(shared, tensors).made(equations) if shared else list(equations)


class _Stored:
    def __init__(self, shared: dict[Key, list[Use]], tensors: dict[str, Tensor]) -> None:
        self.shared, self.tensors = shared, tensors
        self.names: dict[Key, str] = {}
        self.new: list[Equation] = []

    def made(self, equations: Sequence[Equation]) -> list[Equation]:
        found: list[Equation] = []
        for equation in equations:
            changed = equation if equation.domain else equation.with_body(self._read(equation.body, equation))
            found += [*self.new, changed]
            self.new = []
        return found

    def _read(self, expr: Expr, equation: Equation) -> Expr:
        """The expression with shared functions as reads, the largest first."""
        if isinstance(expr, Guard) or (isinstance(expr, Reduce) and expr.domain):
            return expr
        indices = _indices(expr) if isinstance(expr, Call) and expr.name in DEAR else None
        if isinstance(expr, Call) and indices is not None and (key := _key(expr, indices)) in self.shared:
            return Read(self._name(key, expr, indices, equation), map(Position.of, indices))
        children = expr.children()
        return expr.rebuild(tuple(self._read(child, equation) for child in children)) if children else expr

    def _name(self, key: Key, call: Call, indices: Sequence[Index], equation: Equation) -> str:
        if key not in self.names:
            name = self.names[key] = scratch(equation.target, self.tensors)
            self.tensors[name] = Tensor(name, tuple(i.extent for i in indices))
            places = tuple(map(Position.of, indices))
            self.new.append(Equation(name, places, call, equation.number, origin=equation.origin))
        return self.names[key]


def _calls(expr: Expr) -> Iterator[Call]:
    """Functions that are evaluated at all points of their indices."""
    if isinstance(expr, Guard) or (isinstance(expr, Reduce) and expr.domain):
        return
    if isinstance(expr, Call) and expr.name in DEAR:
        yield expr
    for child in expr.children():
        yield from _calls(child)


def _indices(call: Call) -> tuple[Index, ...] | None:
    """The indices of a function as its reads first name them, None where it is no function of reads at plain places."""
    if any(isinstance(node, Reduce | Guard) for node in walk(call)):
        return None
    found: dict[Index, None] = {}
    longest = max(reads(call), key=lambda r: len(r.indices), default=None)
    for read in ((longest,) if longest else ()) + tuple(reads(call)):
        for position in read.indices:
            if any(position.gathers()):
                return None
            found.update(dict.fromkeys(position.index_atoms()))
    return tuple(found) or None


def _key(call: Call, indices: Sequence[Index]) -> Key:
    """The same for functions that are equal up to names of indices and the order of sums and products."""
    own = {index: Position.of(Index(f"'{k}", index.extent)) for k, index in enumerate(indices)}
    return _text(transform(substitute(call, own), _constants_apart)), tuple(str(i.extent) for i in indices)


def _constants_apart(expr: Expr) -> Expr:
    """sqrt(2/pi) as sqrt(2)/sqrt(pi)."""
    exponent = number(expr.exponent) if isinstance(expr, Pow) else None
    if not isinstance(expr, Pow) or exponent is None or any(reads(expr)):
        return expr
    if isinstance(expr.base, Mul):
        return mul(*(_constants_apart(power(factor, expr.exponent)) for factor in expr.base.factors))
    inner = number(expr.base.exponent) if isinstance(expr.base, Pow) else None
    return power(expr.base.base, Number(inner * exponent)) if isinstance(expr.base, Pow) and inner is not None else expr


def _text(expr: Expr) -> str:
    if not expr.children():
        return repr(expr)
    parts = [_text(child) for child in expr.children()]
    if isinstance(expr, Add | Mul):
        parts.sort()
    own = expr.name if isinstance(expr, Call) else expr.op if isinstance(expr, Compare) else ""
    return f"{type(expr).__name__} {own}({', '.join(parts)})"
