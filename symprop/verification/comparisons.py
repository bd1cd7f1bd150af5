"""What the claimed array and the true one have to do with one another, entry by entry and as wholes.

Enters: a wrong claim.  Leaves: sentences, each an equation that holds at all points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np

from symprop.language import Read
from symprop.language import expressions as ex
from symprop.verification.case import TOLERANCE, Case, same
from symprop.verification.mistakes_in_reads import exchanged_axes
from symprop.verification.points import Array
from symprop.verification.ratio import common_ratio, named
from symprop.verification.scene import differing, distance, zero

NEARLY = 1e-5


def nothing(case: Case) -> Iterator[str]:
    """Zero throughout."""
    if all(zero(mine) for mine, _ in case.pairs):
        yield "It is zero at every point tried."


def rounded(case: Case) -> Iterator[str]:
    """The truth but for its last digits."""
    worst = max(float(distance(mine, true)) for mine, true in case.pairs)
    if 0 < worst < NEARLY:
        yield f"It is ours but for {worst:.0e} of the largest entry: look for a constant that is rounded."


def turned(case: Case) -> Iterator[str]:
    """The transpose of the truth, or the truth backwards along an axis."""
    assert case.claim.tensor is not None
    axes = case.claim.tensor.axes
    rank = len(axes)
    for one, other in combinations(range(rank), 2):
        if axes[one] == axes[other] and all(same(mine.swapaxes(one, other), true) for mine, true in case.pairs):
            which = "" if rank == 2 else exchanged_axes(axes[one])
            yield f"Consistent with a transpose too many or too few: it is the transpose of the true value{which}."
            return
    for axis in range(rank):
        if all(mine.shape[axis] > 1 and same(np.flip(mine, axis), true) for mine, true in case.pairs):
            yield f"Consistent with a reversed axis: it is the true value read backwards along axis {axis}."


# -- a factor, entry by entry --------------------------------------------------------------------------------------


def factor(case: Case) -> Iterator[str]:
    """A factor of our own formulas missing, or one too many."""
    if not case.pairs[0][0].ndim or any(zero(mine) or zero(true) for mine, true in case.pairs):
        return
    for shown, arrays in (*_parts(case), *_tensors(case)):
        if not all(map(_varies, arrays)):
            continue
        products = [(np.asarray(mine * v), true) for (mine, true), v in zip(case.pairs, arrays, strict=True)]
        if (scale := _scale(case, [(true, mine) for mine, true in products])) is not None:
            yield f"Consistent with a missing factor: it is right once multiplied by {scale}{shown}, entry by entry."
            return
        products = [(mine, np.asarray(true * v)) for (mine, true), v in zip(case.pairs, arrays, strict=True)]
        if (scale := _scale(case, products)) is not None:
            value = f"the true value times {scale}{shown}, entry by entry"
            yield f"Consistent with an extra factor, or a missing division: it is {value}."
            return


def _scale(case: Case, products: list[tuple[Array, Array]]) -> str | None:
    """What the first of two arrays is times the second at every point, "2*N*" or ""; None where that has no name."""
    ratios = [common_ratio(*pair) for pair in products]
    if any(r is None for r in ratios):
        return None
    found = named([(scene.point.sizes, r) for scene, r in zip(case.scenes, ratios, strict=True)])
    if found is None or found.text == "1":
        return None if found is None else ""
    return f"({found.text})*" if "/" in found.text or "-" in found.text else f"{found.text}*"


def _varies(array: Array) -> bool:
    """True of an array that is no constant: constants have been looked for before."""
    return array.size < 2 or any(v != array.flat[0] for v in array.ravel())


def _parts(case: Case) -> Iterator[tuple[str, list[Array]]]:
    """Factors of our formula over its own indices."""
    target = case.claim.target
    if target not in case.derivation or target in case.derivation.network.tensors:
        return
    adjoint = case.derivation[target]
    own = adjoint.equation
    for part in dict.fromkeys(f for b in (own.body, *(s.after for s in adjoint.steps[1:])) for f in _factors(b)):
        if part == ex.MINUS_ONE or not ex.free_indices(part) <= set(own.free):
            continue
        equation = replace(own, target="a factor", body=part)
        arrays = [case.value([equation], equation.target, scene) for scene in case.scenes]
        if all(a is not None for a in arrays):
            yield case.words(part, own), [a for a in arrays if a is not None]


def _factors(body: ex.Expr) -> Iterator[ex.Expr]:
    """The factors of products one by one, those together that are neither a tensor alone nor a sum, and powers."""
    for node in ex.walk(body):
        if isinstance(node, ex.Mul):
            yield from map(_upright, node.factors)
            yield ex.mul(*(f for f in node.factors if not isinstance(f, Read | ex.Reduce | ex.Number)))
            yield ex.mul(*node.factors[1:])
        elif isinstance(node, ex.Pow):
            yield _upright(node)


def _upright(factor: ex.Expr) -> ex.Expr:
    """x for 1/x: both ways are tried."""
    exponent = ex.number(factor.exponent) if isinstance(factor, ex.Pow) else None
    if not isinstance(factor, ex.Pow) or exponent is None:
        return factor
    return ex.power(factor.base, ex.Number(abs(exponent)))


def _tensors(case: Case) -> Iterator[tuple[str, list[Array]]]:
    """Tensors of the network that NumPy would spread to the shape of the claim."""
    shape = case.pairs[0][0].shape
    for tensor in case.derivation.network.tensors.values():
        if tensor.axes and tensor.dtype == "real" and tensor.role != "loss":
            arrays = [case.given(scene, [tensor.name])[tensor.name] for scene in case.scenes]
            if len(arrays[0].shape) <= len(shape) and shape[len(shape) - arrays[0].ndim :] == arrays[0].shape:
                yield tensor.name, arrays
            elif len(shape) == 2 and arrays[0].shape == shape[:1] and case.views.are_plain:
                yield f"{tensor.name}[:, None]", [a[:, None] for a in arrays]


# -- which entries -------------------------------------------------------------------------------------------------


def some_entries(case: Case) -> Iterator[str]:
    """Only a part of the entries differs: how many, and what these have in common."""
    masks = [differing(mine, true, TOLERANCE) for mine, true in case.pairs]
    if all(0 < mask.sum() < mask.size for mask in masks):
        shown = ", ".join(f"{int(mask.sum())} of {mask.size}" for mask in masks)
        common = next((f", those where {words}" for words, found in _masks(case) if _all_equal(found, masks)), "")
        yield f"Only some entries differ: {shown}{common}."


def _masks(case: Case) -> Iterator[tuple[str, list[Array]]]:
    """Conditions on the entries, at each point."""
    yield "the true value is 0", [true == 0 for _, true in case.pairs]
    for name, arrays in _tensors(case):
        for words, mask in ((f"{name} > 0", np.greater), (f"{name} <= 0", np.less_equal), (f"{name} == 0", np.equal)):
            yield words, [np.asarray(mask(a, 0), dtype=bool) for a in arrays]


def _all_equal(left: list[Array], right: list[Array]) -> bool:
    return all(np.array_equal(np.broadcast_to(a, b.shape), b) for a, b in zip(left, right, strict=True))
