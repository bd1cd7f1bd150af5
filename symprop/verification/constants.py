"""A constant times the truth, and a penalty that is not the network's: what is wrong with a constant.

Enters: a wrong claim.  Leaves: sentences, each an equation that holds at all points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from symprop.derivation import Derivation
from symprop.language import Extent, Position, Read
from symprop.language import expressions as ex
from symprop.verification.case import TOLERANCE, Case, numbered
from symprop.verification.points import Array
from symprop.verification.ratio import Ratio, common_ratio, named
from symprop.verification.scene import zero

ONCE, ROWS = Ratio(Fraction(1), ()), Ratio(Fraction(1), (("N", 1),))


def constant(case: Case) -> Iterator[str]:
    """A constant times the truth."""
    ratio = case.ratio
    if ratio is None:
        return
    if ratio.text == "-1":
        yield "Consistent with a changed sign: this is minus the gradient, the direction of descent."
        return
    size = replace(ratio, coefficient=abs(ratio.coefficient))
    what, why = _factor(size, _divisors(case))
    yield f"Consistent with {what}: yours = {_times(ratio)}{why or _whatever(case, size)}."
    if ratio.coefficient < 0:
        yield "The sign is changed as well."


def _factor(size: Ratio, divisors: frozenset[Ratio]) -> tuple[str, str]:
    """Which factor it is, and why: what the loss is divided by, where that is known."""
    is_sum = bool(divisors) and all("N" not in dict(d.powers) for d in divisors)
    is_mean = bool(divisors) and all(dict(d.powers).get("N") == 1 for d in divisors)
    whole = [d for d in divisors if d.coefficient.denominator == 1]
    divisor = whole[0] if len(whole) == len(divisors) == 1 else ONCE
    mean = "a mean over the N rows" if divisor in (ROWS, ONCE) else f"divided by {divisor.text}"
    if is_mean and size.text != "1" and size in (ROWS, divisor, Ratio(divisor.coefficient, ())):
        return f"a missing {size.inverse.text}", f", and the loss is {mean}"
    if size in (ROWS, ROWS.inverse):
        twice = "a factor N too many" if is_sum else "a factor N too many, or a missing 1/N"
        what = twice if size == ROWS else "a 1/N too many"
        once = f", and the loss is {mean if divisor != ROWS else 'divided by N once'}" if is_mean else ""
        return what, ", and the loss is a sum over the N rows, not a mean" if is_sum else once
    is_division = size.text.startswith("1/")
    return f"a division by {size.inverse.text} too many" if is_division else f"a factor of {size.text} too many", ""


def _times(ratio: Ratio) -> str:
    """3*ours, ours/N, -(N/5)*ours."""
    over, _, under = replace(ratio, coefficient=abs(ratio.coefficient)).text.partition("/")
    sign = "-" if ratio.coefficient < 0 else ""
    if over == "1" and under:
        return f"{sign}ours/{under}"
    return f"{sign}({over}/{under})*ours" if under else f"{sign}{over}*ours"


def _whatever(case: Case, size: Ratio) -> str:
    """Of a number, which extents it is none of: those that were not the same at the points."""
    first, second = (scene.point.sizes for scene in case.scenes[:2])
    names = [name for name in sorted(first) if first[name] != second[name]]
    return f", whatever {' and '.join(names)} {'is' if len(names) == 1 else 'are'}" if names and not size.powers else ""


def _divisors(case: Case) -> frozenset[Ratio]:
    """What the sums over rows are divided by in the loss; none where that is no number, or for the forward pass."""
    network = case.derivation.network
    found = None if case.claim.target in network.tensors else _scales(Read(network.loss, ()), case.derivation)
    return frozenset(scale.inverse for scale in found or ())


def _scales(expr: ex.Expr, derivation: Derivation) -> frozenset[Ratio] | None:
    """What sums over rows are multiplied by, None where that is no product of a number and a power of N."""
    if isinstance(expr, ex.Add | ex.Mul):
        parts = [_scales(child, derivation) for child in expr.children()]
        if any(part is None for part in parts):
            return None
        inside = frozenset(scale for part in parts for scale in part or ())
        return frozenset(_scaled(scale, expr) for scale in inside) if isinstance(expr, ex.Mul) else inside
    if isinstance(expr, ex.Reduce) and expr.op == "sum":
        is_over_rows = any(index.extent == Extent.of("N") for index in expr.indices)
        return frozenset({ONCE}) if is_over_rows else _scales(expr.body, derivation)
    equation = derivation.network.defining(expr.tensor) if isinstance(expr, Read) and not expr.indices else None
    if equation is not None:
        return _scales(equation.body, derivation)
    bound = (i for node in ex.walk(expr) if isinstance(node, ex.Reduce) for i in node.indices)
    return None if any(index.extent == Extent.of("N") for index in bound) else frozenset()


def _scaled(scale: Ratio, product: ex.Mul) -> Ratio:
    """A scale times the number and the power of N of a product."""
    coefficient, power = scale.coefficient, dict(scale.powers).get("N", 0)
    for factor in product.factors:
        base, exponent = (factor.base, ex.number(factor.exponent)) if isinstance(factor, ex.Pow) else (factor, None)
        coefficient *= abs(factor.value) if isinstance(factor, ex.Number) else 1
        power += int(1 if exponent is None else exponent) if base == ex.size(Position.of(Extent.of("N"))) else 0
    return Ratio(coefficient, (("N", power),) if power else ())


# -- penalties -----------------------------------------------------------------------------------------------------


def penalty(case: Case) -> Iterator[str]:
    """A multiple of a parameter, or of the penalty that there is, more or less than the truth."""
    for tensor in case.derivation.network.of_role("param"):
        both = numbered(case)
        factors = [_multiple(np.asarray(mine - true), scene.truth.get(tensor.name)) for scene, mine, true in both]
        first = factors[0]
        if first is not None and all(f is not None and abs(f - first) <= TOLERANCE * abs(first) for f in factors):
            gap = f"{mpmath.nstr(abs(first), 10)}*{tensor.name}"
            yield _penalty(gap, first < 0, _known_penalty(case, tensor.name, first))
            return
    yield from _whole_penalty(case)


def _penalty(gap: str, less: bool, what: str) -> str:
    return f"Consistent with a penalty term: it is {gap} {'less' if less else 'more'} than the true value{what}."


def _known_penalty(case: Case, name: str, gap: Any) -> str:
    """How the multiple compares with the penalty there is."""
    for term in _own_terms(case):
        factors = term.factors if isinstance(term, ex.Mul) else (term,)
        weight = ex.number(factors[0]) or Fraction(1)
        if isinstance(factors[-1], Read) and factors[-1].tensor == name and len(factors) <= 2:
            scaled = int(mpmath.nint(gap * mpmath.mpf(2) ** 80)) + weight * 2**80
            mine = Fraction(scaled, 2**80).limit_denominator(10**9)
            known = f"{float(mine):g}*{name} and not {float(weight):g}*{name}"
            return _compared(mine / weight, f"the penalty were {known}")
    return ""


def _whole_penalty(case: Case) -> Iterator[str]:
    """A multiple of all that the truth has of the parameter alone: penalties of several kinds, or of another kind."""
    own_name = case.claim.target.removeprefix(case.derivation.prefix)
    terms = [term for term in _own_terms(case) if ex.tensors_read(term) == [own_name]]
    if not terms or case.derivation.network.tensors[own_name].role != "param":
        return
    own = case.derivation[case.claim.target].equation
    equation = replace(own, target="a penalty", body=ex.add(*terms))
    arrays = [case.value([equation], equation.target, scene) for scene in case.scenes]
    gaps = [np.asarray(mine - true) for mine, true in case.pairs]
    ratios = [None if a is None or zero(g) else common_ratio(g, a) for g, a in zip(gaps, arrays, strict=True)]
    if any(r is None for r in ratios) or gaps[0].size < 2:
        return
    found = named([(scene.point.sizes, r) for scene, r in zip(case.scenes, ratios, strict=True)])
    if found is not None and not found.powers:
        times = 1 + found.coefficient
        gap = case.words(ex.mul(ex.Number(abs(found.coefficient)), equation.body), own)
        yield _penalty(gap, found.coefficient < 0, _compared(times, f"the penalty were {times} times what it is"))


def _own_terms(case: Case) -> tuple[ex.Expr, ...]:
    """The terms of our formula."""
    target = case.claim.target
    body = case.derivation[target].equation.body if target in case.derivation else ex.ZERO
    return body.terms if isinstance(body, ex.Add) else ()


def _compared(times: Fraction, otherwise: str) -> str:
    """In words, so many times the penalty there is."""
    usual = {
        Fraction(0): "the penalty were left out",
        Fraction(1, 2): "the penalty were halved",
        Fraction(2): "the penalty stood twice",
        Fraction(-1): "the sign of the penalty were changed",
    }
    return f", as if {usual.get(times, otherwise)}"


def _multiple(gap: Array, tensor: Array | None) -> Any | None:
    """c where gap = c * tensor, entry by entry; None where that is not so."""
    if tensor is None or gap.shape != tensor.shape or gap.size < 2 or zero(gap):
        return None
    ratios = [a / mpmath.mpf(b) for a, b in zip(gap.ravel(), tensor.ravel(), strict=True) if b]
    alike = ratios and all(abs(r - ratios[0]) <= TOLERANCE * abs(ratios[0]) for r in ratios)
    return ratios[0] if alike and len(ratios) == gap.size else None
