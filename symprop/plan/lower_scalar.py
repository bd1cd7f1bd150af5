"""Scalar expressions in a form that is accurate and finite in floating point.

Enters: an expression; reads, reductions and guards in it are atoms.  Leaves: an expression of the same value that
calls exp, log, erf, sin, cos, abs, sign, floor, max, min and the lowering-only expm1, log1p and erfc.  Nothing here
knows the name of an activation: the rules are those of quotients of exponentials (`lower_field`, `lower_emit`), of
logarithms of such quotients (`lower_logs`) and of the error function.  What meets no rule stays as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar

from symprop.language import expressions as ex
from symprop.language.equations import Function
from symprop.plan.lower_branches import conditions, decided, joined
from symprop.plan.lower_emit import emit
from symprop.plan.lower_exponents import ATOMS, content, exponents, has_sum, ring_level, scaled, split_logs, unit
from symprop.plan.lower_field import Full, Setting, Side, TooLarge
from symprop.plan.lower_maximum import shifted
from symprop.plan.lower_opaque import opaque_sums
from symprop.plan.lower_series import near_zero
from symprop.plan.lower_signs import Facts
from symprop.plan.stable_unfold import unfold_functions

T = TypeVar("T")

# exponents of undecided sign in one quotient: each doubles the number of branches
MAX_SPLITS, MAX_CONDITIONS = 2, 4


def stabilise_scalar(
    expr: ex.Expr, functions: Mapping[str, Function] | None = None, known: tuple[ex.Compare, ...] = ()
) -> ex.Expr:
    """An expression of the same value, accurate to a few units of max(|f|, |x*f'|) and finite where f is.

    Args:
        expr: the expression; its atoms are taken as they are.
        functions: definitions of the library functions it calls.
        known: conditions that hold wherever it is evaluated.
    """
    unfolded = unfold_functions(expr, functions or {})
    names: dict[ex.Expr, ex.Expr] = {}
    shape = _renamed(unfolded, names)
    conditions = tuple(_renamed(condition, names) for condition in known)
    back = {name: atom for atom, name in names.items()}
    return _replaced(_lowered_shape(shape, conditions), back)


def _renamed(expr: ex.Expr, names: dict[ex.Expr, ex.Expr]) -> ex.Expr:
    """The expression with its atoms numbered: layers alike have one shape and are lowered once."""
    if isinstance(expr, ex.Read | ex.Reduce | ex.Guard):
        return names.setdefault(expr, ex.Read(f"x{len(names):03d}"))
    children = expr.children()
    if not children:
        return expr
    # a Guard inside a product would be drawn out of it by `mul`: it is an atom by the time `rebuild` sees it
    return expr.rebuild(tuple(_renamed(child, names) for child in children))


def _replaced(expr: ex.Expr, back: Mapping[ex.Expr, ex.Expr]) -> ex.Expr:
    found = back.get(expr)
    if found is not None:
        return found
    children = expr.children()
    return expr.rebuild(tuple(_replaced(child, back) for child in children)) if children else expr


@lru_cache(maxsize=4096)
def _lowered_shape(expr: ex.Expr, conditions: tuple[ex.Expr, ...]) -> ex.Expr:
    facts = Facts()
    for condition in conditions:
        facts = facts.always(condition)
    return lower(expr, facts)


# -- parts -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def lower(expr: ex.Expr, facts: Facts) -> ex.Expr:
    """The lowered expression, where some facts hold."""
    if isinstance(expr, ATOMS) or not expr.children():
        return expr
    if isinstance(expr, ex.Where):
        return _choice(expr, facts)
    if not _has_rules(expr):
        return _parts(expr, facts)
    if isinstance(expr, ex.Mul):
        return _grouped(expr, expr.factors, ex.mul, facts)
    if isinstance(expr, ex.Add):
        return _grouped(expr, expr.terms, ex.add, facts)
    exponent = ex.number(expr.exponent) if isinstance(expr, ex.Pow) else None
    if isinstance(expr, ex.Pow) and exponent is not None and exponent > 1 and exponent.denominator == 1:
        return ex.power(lower(expr.base, facts), expr.exponent)
    return _connected(expr, facts)


def _has_rules(expr: ex.Expr) -> bool:
    """True where a rule may apply: to an exponential, an error function, a root in a sum, |x| in a quotient."""
    calls, quotient, root = set(), False, False
    for node in ring_level(expr):
        if isinstance(node, ex.Call):
            calls.add(node.name)
        exponent = ex.number(node.exponent) if isinstance(node, ex.Pow) else None
        quotient = quotient or (exponent is not None and exponent < 0)
        root = root or (isinstance(node, ex.Add) and any(_is_root(t) for t in node.terms))
    return bool(calls & {"exp", "erf"}) or (quotient and bool(calls & {"abs", "sign"})) or root


def _is_root(term: ex.Expr) -> bool:
    parts = term.factors if isinstance(term, ex.Mul) else (term,)
    return any(isinstance(p, ex.Pow) and isinstance(p.exponent, ex.Number) and p.exponent.value == 0.5 for p in parts)


def _parts(expr: ex.Expr, facts: Facts) -> ex.Expr:
    """The expression over lowered parts; log(1 + u) is log1p(u)."""
    new = expr.rebuild(tuple(lower(child, facts) for child in expr.children()))
    if isinstance(new, ex.Call) and new.name == "log" and isinstance(new.args[0], ex.Add):
        terms = new.args[0].terms
        if ex.ONE in terms:
            return ex.Call("log1p", [ex.add(*(t for t in terms if t != ex.ONE))])
    return near_zero(expr, new, facts) if isinstance(expr, ex.Add | ex.Mul) and _waves(expr) else new


def _waves(expr: ex.Expr) -> bool:
    return any(isinstance(n, ex.Call) and n.name in ("sin", "cos", "log") for n in ring_level(expr))


def _choice(expr: ex.Where, facts: Facts) -> ex.Expr:
    condition = expr.condition
    truth = facts.truth(condition)
    if truth is not None:
        return lower(expr.then if truth else expr.otherwise, facts)
    sides = condition.rebuild(tuple(lower(side, facts) for side in condition.children()))
    then = lower(expr.then, facts.assuming(condition))
    return ex.where(sides, then, lower(expr.otherwise, facts.assuming(condition, False)))


def _grouped(
    expr: ex.Expr, parts: tuple[ex.Expr, ...], join: Callable[..., ex.Expr], facts: Facts
) -> ex.Expr:
    """Parts that share an exponential are lowered together, others on their own."""
    groups: list[tuple[set[ex.Expr], list[ex.Expr]]] = []
    plain: list[ex.Expr] = []
    for part in parts:
        links = _links(part)
        if not links:
            plain.append(part)
            continue
        touching = [g for g in groups if g[0] & links or (join is ex.mul and _meet(part, g[1]))]
        merged = (links.union(*(g[0] for g in touching)), [*(p for g in touching for p in g[1]), part])
        groups = [g for g in groups if g not in touching] + [merged]
    if len(groups) == 1 and (isinstance(expr, ex.Add) or not plain):
        return _connected(expr, facts)
    if isinstance(expr, ex.Add) and groups:
        groups[0][1].extend(part for part in plain if isinstance(part, ex.Number))
        plain = [part for part in plain if not isinstance(part, ex.Number)]
    lowered = [lower(part, facts) for part in plain] + [lower(join(*members), facts) for _, members in groups]
    return join(*lowered)


def _meet(part: ex.Expr, members: list[ex.Expr]) -> bool:
    """True where a bare exponential meets others of the same atoms: one may overflow where the other vanishes."""
    if not any(isinstance(p, ex.Call) and p.name == "exp" for p in (part, *members)):
        return False
    own = {n for n in ex.walk(part) if isinstance(n, ex.Read)}
    return any(not own.isdisjoint(n for n in ex.walk(m) if isinstance(n, ex.Read)) for m in members)


def _links(expr: ex.Expr) -> set[ex.Expr]:
    """What makes two parts belong together: exponents, arguments of error functions and of |x|, bases of roots."""
    found = set(exponents(expr))
    for base in tuple(found):
        found.update(exponents(base))
    for node in ring_level(expr):
        if isinstance(node, ex.Call) and node.name in ("erf", "abs", "sign"):
            base = content(node.args[0])[1]
            # erf(u) comes with its derivative exp(-u**2), |u| with exp(-|u|)
            related = ex.power(base, ex.Number(2)) if node.name == "erf" else ex.Call("abs", [base])
            found.update((base, content(related)[1]))
        if isinstance(node, ex.Call) and node.name == "exp":
            found.update(u for _, u in split_logs(node.args[0])[0])
        if isinstance(node, ex.Pow) and isinstance(node.exponent, ex.Number) and node.exponent.value.denominator > 1:
            found.add(content(node.base)[1])
    found.discard(ex.ONE)
    return found if _has_rules(expr) or found else set()


# -- connected quotients -----------------------------------------------------------------------------------------


def _connected(expr: ex.Expr, facts: Facts, depth: int = 0) -> ex.Expr:
    """First the conditions inside are decided, then the signs of the exponents; then it is one quotient."""
    condition = next((c for c in conditions(expr) if facts.truth(c) is None), None)
    if condition is not None and depth < MAX_CONDITIONS:
        sides = condition.rebuild(tuple(lower(side, facts) for side in condition.children()))
        holds, fails = facts.assuming(condition), facts.assuming(condition, False)
        then = _again(decided(expr, holds), holds, depth)
        return joined(sides, then, _again(decided(expr, fails), fails, depth))
    try:
        return near_zero(expr, _quotient(expr, facts), facts)
    except TooLarge:
        return expr.rebuild(tuple(lower(child, facts) for child in expr.children()))


def _again(expr: ex.Expr, facts: Facts, depth: int) -> ex.Expr:
    """A branch: the parts of it that are left may have fallen apart."""
    return _connected(expr, facts, depth + 1) if any(conditions(expr)) and _has_rules(expr) else lower(expr, facts)


def _quotient(expr: ex.Expr, facts: Facts) -> ex.Expr:
    """One quotient of exponentials; for every exponent of unknown sign, one form on either side of 0."""
    found = exponents(expr)
    units = {base: unit(coefficients) for base, coefficients in found.items()}
    signs = {base: facts.sign(base) or 0 for base in found}
    unknown = [base for base, sign in signs.items() if not sign]
    at_level = {node for node in ring_level(expr) if isinstance(node, ATOMS)}
    apart = {base for base in found if isinstance(base, ex.Add) and at_level.isdisjoint(ex.walk(base))}
    opaque = opaque_sums(expr) | apart
    setting = Setting(signs, units, facts, lower, opaque)
    if unknown:
        direct = _direct(expr, setting)
        if direct is not None:
            return direct
        if len(unknown) > 1:
            homogeneous = shifted(expr, unknown, facts, lower)
            if homogeneous is not None:
                return homogeneous
    if len(unknown) > MAX_SPLITS:
        raise TooLarge
    return _sides(expr, setting, unknown)


def _sides(expr: ex.Expr, setting: Setting, unknown: list[ex.Expr]) -> ex.Expr:
    if not unknown:
        return _best(expr, setting, lambda side, element: emit(side, side.deflated(element)))
    base, rest = unknown[0], unknown[1:]
    values = []
    for sign in (1, -1):
        facts = replace(setting.facts, known=(*setting.facts.known, (base, sign)))
        at = replace(setting, signs={**setting.signs, base: sign}, facts=facts)
        values.append(_sides(expr, at, rest))
    shown = scaled(setting.units[base], base) if has_sum(base) else base
    return joined(ex.Compare(setting.lower(shown, setting.facts), ">=", ex.ZERO), *values)


def _direct(expr: ex.Expr, setting: Setting) -> ex.Expr | None:
    """Exponentials as they stand, where none is in a denominator and no difference of them vanishes but in expm1."""
    if any(isinstance(n, ex.Call) and n.name == "log" and exponents(n) for n in ring_level(expr)):
        return None
    return _best(expr, setting, lambda side, element: emit(side, element) if _may_stand(side, element) else None)


def _may_stand(side: Side, element: Any) -> bool:
    """True of a polynomial in each growing exponential, and of one term over its power."""
    for k in side.of_kind("growth"):
        below = {m[k] for m in element.denom.itermonoms()}
        if below != {0} and (len(element.denom) > 1 or len(element.numer) > 1):
            return False
    return True


def _best(expr: ex.Expr, setting: Setting, use: Callable[[Side, Any], T]) -> T:
    """The quotient, with the error function or its complement, whichever gives fewer terms."""
    modes = (0, 1, -1) if any(isinstance(n, ex.Call) and n.name == "erf" for n in ring_level(expr)) else (0,)
    if len(modes) == 1:
        return _within_field(expr, setting, use)
    sizes = {}
    for mode in modes:
        at = replace(setting, erf=mode)
        sizes[mode] = _within_field(expr, at, lambda _, element: len(element.numer) + len(element.denom))
    return _within_field(expr, replace(setting, erf=min(modes, key=lambda m: sizes[m])), use)


def _within_field(expr: ex.Expr, setting: Setting, use: Callable[[Side, Any], T]) -> T:
    """What is made of the element of an expression; the field grows until it has generators enough."""
    size = len({node for node in ring_level(expr) if isinstance(node, ATOMS)}) + len(setting.signs) + 2
    while True:
        side = Side(setting, size)
        try:
            return use(side, side.convert(expr))
        except Full:
            size += 3
