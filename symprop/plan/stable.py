"""Equations in a form that is accurate and finite in floating point, with helper equations where a row needs a maximum.

Enters: one equation, forward or an adjoint, and its network.  Leaves: helpers first, then the equation, its body in
the primitives exp, log, erf, sin, cos, abs, sign, floor, max, min, where and powers, and in expm1, log1p and erfc,
which no formula can name and which appear here alone.  Rules, none of which knows the name of a layer or an
activation:

- library functions are unfolded, and stored softmax or sigmoid values inside a logarithm (`stable_unfold`);
- sums of exponentials over a row are shifted by its maximum (`stable_rows`);
- scalar expressions are lowered as quotients of exponentials (`lower_scalar`);
- 1 + exp(u) beside expm1(u) is 2 + expm1(u), as accurate, and one evaluation.
"""

from __future__ import annotations

from collections import Counter

from symprop.language import expressions as ex
from symprop.language.equations import Equation, Network
from symprop.plan.lower_scalar import stabilise_scalar
from symprop.plan.stable_rows import Helpers, shift_rows
from symprop.plan.stable_unfold import unfold_functions, unfold_reads

__all__ = ["stabilise", "stabilise_scalar"]


def stabilise(equation: Equation, network: Network) -> tuple[Equation, ...]:
    """The equation as an equivalent list, helpers first, that is accurate and finite in floating point.

    Error of entrywise functions and their first derivatives: at most 4*eps*max(|f|, |x*f'|).  Helpers are named M_Z
    and S_Z for the maxima and shifted sums over whole rows of a tensor Z, whatever equation they come from, so that
    equal names from several equations of one network are equal equations; other helpers are named after the target.

    Args:
        equation: a forward equation, or the `exact` one of an adjoint.
        network: where its functions and the tensors it reads are defined.
    """
    helpers = Helpers(equation.target, frozenset(network.tensors))
    body = unfold_reads(unfold_functions(equation.body, network.functions), network)
    lowered = _lowered(body, helpers)
    return (*helpers.equations, equation.with_body(_evaluated_once(lowered)))


def _lowered(expr: ex.Expr, helpers: Helpers) -> ex.Expr:
    """A scalar part with what its reductions and guards hold lowered on their own."""
    shifted = shift_rows(expr, helpers, lambda part, known: stabilise_scalar(part, known=known))
    return _inside(stabilise_scalar(expr) if shifted is None else shifted, helpers)


def _inside(expr: ex.Expr, helpers: Helpers) -> ex.Expr:
    if isinstance(expr, ex.Reduce | ex.Guard):
        return expr.rebuild((_lowered(expr.children()[0], helpers),))
    children = expr.children()
    return expr.rebuild(tuple(_inside(child, helpers) for child in children)) if children else expr


def _evaluated_once(expr: ex.Expr) -> ex.Expr:
    """c + exp(u), c >= 1, as (c + 1) + expm1(u) where expm1(u) is wanted too, and exp(u) nowhere else."""
    nodes = list(ex.walk(expr))
    wanted = {n.args[0] for n in nodes if isinstance(n, ex.Call) and n.name == "expm1"}
    calls = Counter(n for n in nodes if isinstance(n, ex.Call) and n.name == "exp" and n.args[0] in wanted)
    added = Counter(t for n in nodes if isinstance(n, ex.Add) and _has_one(n) for t in n.terms if t in calls)
    apart = {call for call, count in calls.items() if added[call] == count}

    def change(node: ex.Expr) -> ex.Expr:
        if not isinstance(node, ex.Add) or not _has_one(node) or len(apart & set(node.terms)) != 1:
            return node
        return ex.add(ex.ONE, *(ex.Call("expm1", t.args) if isinstance(t, ex.Call) and t in apart else t
                                for t in node.terms))

    return ex.transform(expr, change) if apart else expr


def _has_one(node: ex.Add) -> bool:
    """True of a sum with a constant from 1 on."""
    return any((ex.number(t) or 0) >= 1 for t in node.terms)
