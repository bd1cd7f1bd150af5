"""Several exponentials of independent exponents: shift by the largest.

Enters: an expression over exp(a), exp(b), ... that are scaled alike.  Leaves: the expression over exp(a - m), exp(b - m), ...
with m = max(a, b, ...), where the factor exp(m) cancels, or comes out of a logarithm as m.
"""

from __future__ import annotations

from collections.abc import Callable

from symprop.language import expressions as ex
from symprop.plan.lower_exponents import ATOMS, content, ring_level
from symprop.plan.lower_signs import Facts

# the place of the maximum while the quotient is worked out
TOP = ex.Read("top")
MAX_EXPONENTS = 8


def shifted(
    expr: ex.Expr, bases: list[ex.Expr], facts: Facts, lower: Callable[[ex.Expr, Facts], ex.Expr]
) -> ex.Expr | None:
    """The expression with every exponent taken relative to the largest, None where exp of that remains."""
    if len(bases) > MAX_EXPONENTS:
        return None
    relative = {base: ex.add(base, ex.negate(TOP)) for base in bases}

    def visit(node: ex.Expr) -> ex.Expr:
        if isinstance(node, ATOMS):
            return node
        if isinstance(node, ex.Call) and node.name == "exp":
            c, base = content(node.args[0])
            if base in relative:
                both = (ex.mul(ex.Number(c), relative[base]), ex.mul(ex.Number(c), TOP))
                return ex.mul(*(ex.Call("exp", [part]) for part in both))
        children = node.children()
        return node.rebuild(tuple(visit(child) for child in children)) if children else node

    for difference in relative.values():
        facts = facts.always(ex.Compare(difference, "<=", ex.ZERO))
    lowered = lower(visit(expr), facts)
    if any(isinstance(n, ex.Call) and n.name == "exp" and _only_top(n.args[0]) for n in ex.walk(lowered)):
        return None
    top = bases[0]
    for base in bases[1:]:
        top = ex.Call("max", [top, base])
    return ex.transform(lowered, lambda node: top if node == TOP else node)


def _only_top(argument: ex.Expr) -> bool:
    """True of exp(k*m): a scale that did not cancel."""
    return any(n == TOP for n in ring_level(argument)) and not isinstance(content(argument)[1], ex.Add)
