"""Several exponentials of independent exponents: shift by the largest.

Enters: an expression over exp(a), exp(b), ... that are scaled alike.  Leaves: the expression over exp(a - m), exp(b -
m), ... with m = max(a, b, ...), where the factor exp(m) cancels, or comes out of a logarithm as m.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from symprop.language import expressions as ex
from symprop.plan.lower_exponents import ATOMS, content
from symprop.plan.lower_signs import Facts

# no name of a tensor begins like this
STEM = "_top"
MAX_EXPONENTS = 8


def shifted(
    expr: ex.Expr, bases: list[ex.Expr], facts: Facts, lower: Callable[[ex.Expr, Facts], ex.Expr]
) -> ex.Expr | None:
    """The expression with every exponent taken relative to the largest, None where exp of that remains."""
    top = _symbol(expr)
    if len(bases) > MAX_EXPONENTS or top is None:
        return None
    relative = {base: ex.add(base, ex.negate(top)) for base in bases}
    for difference in relative.values():
        facts = facts.always(ex.Compare(difference, "<=", ex.ZERO))
    lowered = lower(_relative(expr, relative, top), facts)
    if any(isinstance(n, ex.Call) and n.name == "exp" and _scale(n.args[0], top) for n in ex.walk(lowered)):
        return None
    largest = bases[0]
    for base in bases[1:]:
        largest = ex.Call("max", [largest, base])
    return ex.transform(lowered, lambda node: largest if node == top else node)


def _symbol(expr: ex.Expr) -> ex.Read | None:
    """The place of the maximum while the quotient is worked out; None inside of another such attempt."""
    inside = any(isinstance(n, ex.Read) and n.tensor.startswith(STEM) for n in ex.walk(expr))
    return None if inside else ex.Read(STEM)


def _relative(expr: ex.Expr, relative: Mapping[ex.Expr, ex.Expr], top: ex.Expr) -> ex.Expr:
    """exp(c*a) = exp(c*(a - m))*exp(c*m), at every place where the exponent is one of those given."""
    if isinstance(expr, ATOMS):
        return expr
    if isinstance(expr, ex.Call) and expr.name == "exp":
        c, base = content(expr.args[0])
        if base in relative:
            parts = (relative[base], top)
            return ex.mul(*(ex.Call("exp", [ex.mul(ex.Number(c), part)]) for part in parts))
    children = expr.children()
    return expr.rebuild(tuple(_relative(child, relative, top) for child in children)) if children else expr


def _scale(argument: ex.Expr, top: ex.Expr) -> bool:
    """True of exp(k*m), and of anything else but exp(k*(a - m)): a scale that did not cancel."""
    return top in ex.walk(argument) and not isinstance(content(argument)[1], ex.Add)
