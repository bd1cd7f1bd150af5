"""Wrong formulas made from right ones: one change at one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from symprop.language import Domain, Tensor
from symprop.language import expressions as ex


def mutants(expr: ex.Expr, tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, ex.Expr]]:
    """(what was changed, the changed expression) for every change at every place."""
    yield from _here(expr, tensors)
    for place, child in enumerate(expr.children()):
        for name, changed in mutants(child, tensors):
            parts = list(expr.children())
            parts[place] = changed
            yield name, expr.rebuild(tuple(parts))


def _here(expr: ex.Expr, tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, ex.Expr]]:
    match expr:
        case ex.Number():
            yield "constant", ex.Number(expr.value + 1)
            yield "sign", ex.Number(-expr.value)
        case ex.Add():
            for k, term in enumerate(expr.terms):
                others = (*expr.terms[:k], *expr.terms[k + 1 :])
                yield "dropped term", ex.add(*others)
                yield "sign", ex.add(*others, ex.negate(term))
        case ex.Mul():
            for k in range(len(expr.factors)):
                yield "dropped factor", ex.mul(*expr.factors[:k], *expr.factors[k + 1 :])
        case ex.Pow() if (exponent := ex.number(expr.exponent)) is not None:
            yield "power", ex.power(expr.base, ex.Number(exponent + 1))
            yield "root", ex.power(expr.base, ex.Number(exponent * Fraction(1, 2)))
        case ex.Call() if len(expr.args) == 1:
            yield "applied twice", ex.Call(expr.name, [expr])
            yield "sign of an argument", ex.Call(expr.name, [ex.negate(expr.args[0])])
        case ex.Compare():
            yield "condition", ex.Compare(expr.right, expr.op, expr.left)
        case ex.Where():
            yield "swapped branches", ex.Where(expr.condition, expr.otherwise, expr.then)
        case ex.Read():
            yield from _reads(expr, tensors)
        case ex.Reduce() | ex.Guard() if expr.domain:
            yield from _domains(expr)
    if isinstance(expr, ex.Add | ex.Mul | ex.Read | ex.Reduce):
        yield "negated", ex.negate(expr)


def _reads(read: ex.Read, tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, ex.Expr]]:
    axes = tensors[read.tensor].axes if read.tensor in tensors else ()
    for other in tensors.values():
        if other.name != read.tensor and other.axes == axes and other.dtype == "real":
            yield "operand", ex.Read(other.name, read.indices)
    for a in range(len(axes)):
        yield "shifted", ex.Read(read.tensor, [p + (k == a) for k, p in enumerate(read.indices)])
        for b in range(a + 1, len(axes)):
            if axes[a] == axes[b]:
                turned = list(read.indices)
                turned[a], turned[b] = turned[b], turned[a]
                yield "transposed", ex.Read(read.tensor, turned)


def _domains(expr: ex.Reduce | ex.Guard) -> Iterator[tuple[str, ex.Expr]]:
    constraints = expr.domain.constraints
    for k, constraint in enumerate(constraints):
        rest = (*constraints[:k], *constraints[k + 1 :])
        moved = type(constraint)(constraint.kind, constraint.position + 1)
        for name, domain in (("dropped guard", Domain(rest)), ("moved guard", Domain((*rest, moved)))):
            if isinstance(expr, ex.Guard):
                yield name, ex.guard(domain, expr.body)
            else:
                yield name, ex.reduce_(expr.op, expr.indices, expr.body, domain, expr.pick)
