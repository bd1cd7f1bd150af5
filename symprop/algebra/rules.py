"""Derivatives of library functions, found from their formulas and written with the functions themselves.

Enters: a `Function`, a formula.  Leaves: its partial derivative as a formula.  Nothing is typed here: sigmoid' is
found by differentiating 1/(1 + exp(-z)), and `s*(1 - s)` because exp(-z) can be solved for in terms of s.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import reduce
from math import gcd
from typing import Any

import sympy as sp

from symprop.algebra.factoring import factored
from symprop.algebra.scalar import Atoms, Magnitude, Signum, from_sympy, require_real, to_sympy
from symprop.algebra.simplify import tractable
from symprop.language import expressions as ex
from symprop.language.equations import Function
from symprop.language.parser import parse_expression
from symprop.language.scope import Scope

# functions a derivative may be recognised as: softplus' is the sigmoid
RECOGNISED = {
    name: Function(name, ("z",), parse_expression(formula, Scope()))
    for name, formula in (("sigmoid", "1/(1 + exp(-z))"), ("tanh", "(exp(z) - exp(-z))/(exp(z) + exp(-z))"))
}


class Rules:
    """Partial derivatives of the functions of one network, each derived once."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self.functions = {**RECOGNISED, **functions}
        self._known: dict[tuple[str, int], ex.Expr] = {}

    def __call__(self, function: Function, position: int) -> ex.Expr:
        """The partial derivative with respect to an argument, as a formula over the function's arguments."""
        key = (function.name, position)
        if key not in self._known:
            self._known[key] = self._derive(function, position)
        return self._known[key]

    def _derive(self, function: Function, position: int) -> ex.Expr:
        if function.params or not self._closed(function):
            return _partial(function, position, Atoms(self.functions, self))
        # a network may call something else the sigmoid
        known = {name: self.functions[name] for name in RECOGNISED}
        others = tuple((f.args, f.params, f.body) for f in known.values())
        key = (function.name, function.args, function.body, position, others)
        if key not in _SHARED:
            _SHARED[key] = _partial(function, position, Atoms({**known, function.name: function}))
        return _SHARED[key]

    def _closed(self, function: Function) -> bool:
        """True where the formula calls no other library function, so that its rule is the same everywhere."""
        return all(n.name not in self.functions for n in ex.walk(function.body) if isinstance(n, ex.Call))


# rules of self-contained formulas are kept for the process: they depend on nothing but the formula
_SHARED: dict[tuple[Hashable, ...], ex.Expr] = {}


def _partial(function: Function, position: int, atoms: Atoms) -> ex.Expr:
    """The partial derivative of a formula, refolded where that is possible."""
    names = (*function.args, *(name for name, _ in function.params))
    formula = to_sympy(function.body, atoms)
    argument = atoms.symbol(ex.Read(names[position]), real=True)
    derivative = require_real(sp.diff(formula, argument), f"function '{function.name}'")
    derivative = _without_signs(derivative)
    refolded = refold(function.name, formula, derivative, argument, atoms) if len(names) == 1 else None
    return from_sympy(derivative if refolded is None else refolded, atoms)


def _without_signs(derivative: Any) -> Any:
    """x*sign(x) as abs(x), and the quotients that this shortens in lowest terms."""
    signs = sorted(derivative.atoms(Signum), key=str)
    if not signs or not tractable(derivative):
        return derivative
    for sign in signs:
        derivative = derivative.subs(sign.args[0] * sign, Magnitude(sign.args[0]))
    lowest = factored(sp.cancel(sp.together(derivative)))
    return min(derivative, lowest, key=lambda value: (sp.count_ops(value), str(value)))


def refold(name: str, formula: Any, derivative: Any, argument: Any, atoms: Atoms) -> Any:
    """The derivative as a polynomial in the function itself, or None.

    Where the formula is a Moebius function f = (a*e + b)/(c*e + d) of one exponential e = exp(k*z), e is solved for and
    substituted: for the sigmoid e = (1 - f)/f gives f*(1 - f), for tanh 1 - f**2; softplus' is known to be the sigmoid.
    """
    exponential = _generator(formula, argument)
    if exponential is None:
        return None
    e, k = sp.Symbol("e", positive=True), exponential
    if not (tractable(formula) and tractable(derivative)):
        return None
    inside = _in_generator(derivative, argument, k, e)
    if inside is None:
        return None
    for known in (n for n in RECOGNISED if n != name):
        for sign in (1, -1):
            if _is_function(inside, atoms.functions.get(known), sign * k, e):
                return atoms.function(known)(sign * argument)
    outer = _in_generator(formula, argument, k, e)
    if outer is None or not outer.is_rational_function(e):
        return None
    outer, inside = _lowest_power(outer, inside, e)
    top, bottom = sp.fraction(outer)
    if max(sp.degree(top, e), sp.degree(bottom, e)) != 1:
        return None
    f = sp.Symbol("f", real=True)
    slope, offset = sp.Poly(top - f * bottom, e).all_coeffs()
    value = sp.expand(sp.cancel(inside.subs(e, -offset / slope)))
    if not value.is_polynomial(f):
        return None
    return _split_power(value, f).subs(f, atoms.function(name)(argument))


def _lowest_power(outer: Any, inside: Any, e: Any) -> tuple[Any, Any]:
    """Both over e where only powers e**(m*k) occur, m fixed: tanh is a Moebius function of exp(2*z)."""
    polys = [sp.Poly(part, e) for value in (outer, inside) for part in sp.fraction(sp.cancel(value))]
    common = reduce(gcd, [power for poly in polys for (power,) in poly.monoms()], 0) or 1
    shrunk = [sp.Add(*(c * e ** (m // common) for (m,), c in poly.terms())) for poly in polys]
    return shrunk[0] / shrunk[1], sp.cancel(shrunk[2] / shrunk[3])


def _split_power(value: Any, f: Any) -> Any:
    """f*(1 - f) rather than f - f**2; 1 - f**2 as it is."""
    lowest = min(power for (power,) in sp.Poly(value, f).monoms())
    return f**lowest * sp.expand(value / f**lowest)


def _generator(formula: Any, argument: Any) -> Any:
    """k such that all exponentials in the formula are integer powers of exp(k*z), or None."""
    rates = []
    for node in formula.atoms(sp.exp):
        rate = node.args[0].coeff(argument)
        if not rate.is_Rational or sp.expand(node.args[0] - rate * argument) != 0:
            return None
        rates.append(rate)
    if not rates:
        return None
    denominator = sp.ilcm(*[r.q for r in rates]) if len(rates) > 1 else rates[0].q
    return sp.Rational(reduce(gcd, [abs(int(r * denominator)) for r in rates]), denominator)


def _in_generator(expr: Any, argument: Any, k: Any, e: Any) -> Any:
    """The expression over e = exp(k*z) in the smallest power that occurs, or None where z remains."""
    replaced = expr.replace(sp.exp, lambda inner: e ** (inner.coeff(argument) / k))
    return None if replaced.has(argument) else sp.cancel(sp.together(replaced)) if not replaced.has(sp.log) else None


def _is_function(value: Any, function: Function | None, k: Any, e: Any) -> bool:
    """True where a rational function of e = exp(k*z) is the given function of z; of -z for a negative k."""
    if function is None or function.params or len(function.args) != 1:
        return False
    atoms = Atoms()
    formula = to_sympy(function.body, atoms)
    inside = _in_generator(formula, atoms.symbol(ex.Read(function.args[0]), real=True), k, e)
    return inside is not None and inside.is_rational_function(e) and sp.cancel(inside - value) == 0
