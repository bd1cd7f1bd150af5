"""Matrix products inside formulas under names of their own, T1, T2, ....

    L = sum[n](exp(sum[i](X[n,i]*w[i])))  ─►  T1[n] = sum[i](X[n,i]*w[i]),  L = sum[n](exp(T1[n]))

Enters: equations in order.  Leaves: equations in order, of the same values.  Then a derivation stays as readable as its
forward pass, and no kernel computes a product twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from symprop.frontends.naming import named
from symprop.language import Equation, Expr, Position, Read
from symprop.language import expressions as ex

SCOPES = (ex.Reduce, ex.Call, ex.Pow, ex.Where, ex.Compare)
"""What a value does not pass through as a mere term or factor."""


def products_named(equations: Iterable[Equation], taken: Iterable[str]) -> Iterator[Equation]:
    """The equations, each after those of the products it reads.

    Args:
        equations: in order.
        taken: names that no product may have.
    """
    names = Products(taken)
    for equation in equations:
        body = names.visit(equation.body, False)
        yield from names.pending
        names.pending = []
        yield equation.with_body(body)


class Products:
    """The products found so far; two that are alike are one."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)
        self.names: dict[tuple[tuple[Position, ...], Expr], str] = {}
        self.pending: list[Equation] = []

    def visit(self, expr: Expr, inside: bool) -> Expr:
        """The expression with the products `inside` other things read by their names, sums with their other terms."""
        is_sum = isinstance(expr, ex.Add) and any(map(_is_scaled_product, expr.terms))
        below = (inside and not is_sum) or isinstance(expr, SCOPES)
        found = expr.rebuild(tuple(self.visit(child, below) for child in expr.children())) if expr.children() else expr
        return self._named(found) if inside and (is_sum or _is_product(expr)) else found

    def _named(self, expr: Expr) -> Expr:
        free = ex.free_indices(expr)
        axes = tuple(index for index in ex.all_indices(expr) if index in free)
        left, body = named(axes, expr)
        indices = tuple(map(Position.of, left))
        if (indices, body) not in self.names:
            name = self.names[indices, body] = free_name((f"T{k}" for k in count(1)), self.taken)
            self.pending.append(Equation(name, indices, body))
        return Read(self.names[indices, body], map(Position.of, axes))


def free_name(names: Iterable[str], taken: set[str]) -> str:
    """The first name that is not taken, and is not that of an adjoint; then it is taken."""
    found = next(n for n in names if not {n, f"d{n}", n.removeprefix("d")} & taken)
    taken.add(found)
    return found


def _is_product(expr: Expr) -> bool:
    """True of a matrix product: a sum over a product of different tensors."""
    if not (isinstance(expr, ex.Reduce) and expr.op == "sum" and isinstance(expr.body, ex.Mul)):
        return False
    return len({tuple(ex.tensors_read(factor)) for factor in expr.body.factors if ex.tensors_read(factor)}) > 1


def _is_scaled_product(expr: Expr) -> bool:
    factors = expr.factors if isinstance(expr, ex.Mul) else (expr,)
    rest = [f for f in factors if ex.number(f) is None]
    return len(rest) == 1 and _is_product(rest[0])
