"""What a wrong claim is consistent with; nothing is said that does not hold at two independent points.

Enters: a claim, scenes at which it is wrong.  Leaves: sentences.  The order is that of how often people make these
mistakes: shape, a constant, a penalty, then a search through our own derivation with one mistake planted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

import mpmath
import numpy as np

from symprop.derivation import Derivation
from symprop.errors import InputError
from symprop.language import Equation, Tensor
from symprop.language import expressions as ex
from symprop.oracle.order import names_read, upstream
from symprop.verification.mutations import mutants
from symprop.verification.points import Array, Point
from symprop.verification.ratio import Ratio
from symprop.verification.scene import Scene, differing, distance, zero
from symprop.verification.special import special_values
from symprop.verification.values import Claim
from symprop.verification.views import Views

TOLERANCE, ROUGH, MOST, SEARCH_SECONDS = 1e-30, 1e-6, 2, 4.0
PLAIN_STEPS = ("delta elimination", "named values", "composition", "sum of rows")


def hints_of(
    derivation: Derivation, claim: Claim, scenes: Sequence[Scene], ratio: Ratio | None, deadline: float, views: Views
) -> tuple[str, ...]:
    """Sentences for a claim of the right shape."""
    found = list(_constant(ratio)) if ratio is not None else []
    if not found:
        found = list(_simple(derivation, claim, scenes))
    if not found:
        found = list(_planted(derivation, claim, scenes, min(deadline, monotonic() + SEARCH_SECONDS), views.layout))
    if not found:
        found += special_values(derivation, claim, scenes, deadline)
    if not found:
        found += _single_row(derivation, claim, scenes)
    if not found:
        found += _some_entries(claim, scenes)
    return tuple(found)


def _constant(ratio: Ratio) -> Iterator[str]:
    powers = dict(ratio.powers)
    if abs(ratio.coefficient) == 1 and powers == {"N": 1}:
        yield "Consistent with a missing 1/N: the loss is a mean over the N rows."
    elif abs(ratio.coefficient) == 1 and powers == {"N": -1}:
        yield "Consistent with a division by N too many."
    elif ratio.coefficient == -1 and not powers:
        yield "Consistent with a changed sign: this is minus the gradient, the direction of descent."
    elif not powers:
        yield f"Consistent with a factor of {ratio.text} too many."
    if ratio.coefficient < 0 and powers:
        yield "The sign is changed as well."


def _simple(derivation: Derivation, claim: Claim, scenes: Sequence[Scene]) -> Iterator[str]:
    """Zero, a transposed square, a multiple of a parameter too little."""
    pairs = [values for scene in scenes if (values := _pair(scene, claim)) is not None]
    if len(pairs) < 2:
        return
    if all(zero(mine) for mine, _ in pairs):
        yield "It is zero at every point tried."
    elif all(_equal(mine.T, true) for mine, true in pairs):
        yield "Consistent with a transpose too many or too few: it is the transpose of the true value."
    for tensor in derivation.network.of_role("param"):
        both = zip(pairs, scenes, strict=True)
        factors = [_multiple(np.asarray(mine - true), scene.truth.get(tensor.name)) for (mine, true), scene in both]
        first = factors[0]
        if first is not None and all(f is not None and abs(f - first) <= TOLERANCE * abs(first) for f in factors):
            sign = "less" if first < 0 else "more"
            shown = mpmath.nstr(abs(first), 10)
            yield f"Consistent with a penalty term: it is {shown}*{tensor.name} {sign} than the true value."


def _pair(scene: Scene, claim: Claim) -> tuple[Array, Array] | None:
    """Claimed and true; true as it would be if the claims above were right."""
    values = scene.values(claim)
    local = scene.local(claim)
    return None if values is None else (values[0], values[1] if local is None else local)


def _equal(left: Array, right: Array) -> bool:
    return left.shape == right.shape and distance(left, right) <= TOLERANCE


def _multiple(gap: Array, tensor: Array | None) -> Any | None:
    """c where gap = c * tensor, entry by entry; None where that is not so."""
    if tensor is None or gap.shape != tensor.shape or gap.size < 2 or zero(gap):
        return None
    ratios = [a / mpmath.mpf(b) for a, b in zip(gap.ravel(), tensor.ravel(), strict=True) if b]
    same = ratios and all(abs(r - ratios[0]) <= TOLERANCE * abs(ratios[0]) for r in ratios)
    return ratios[0] if same and len(ratios) == gap.size else None


# -- mutation search -----------------------------------------------------------------------------------------------


def _planted(
    derivation: Derivation, claim: Claim, scenes: Sequence[Scene], deadline: float, views: Views
) -> Iterator[str]:
    """`Yours equals ours if ...`, for at most two mistakes; they are planted in our equation as the user writes it."""
    tensor = claim.target.removeprefix(derivation.prefix)
    if tensor not in derivation or claim.target in derivation.network.tensors:
        return
    adjoint = derivation[tensor]
    bodies = [adjoint.equation.body, *(s.after for s in reversed(adjoint.steps) if s.rule in PLAIN_STEPS)]
    bodies = list(map(views.outside, bodies))
    tensors = {name: replace(t, axes=views[name].axes) for name, t in _readable(derivation).items()}
    seen: set[ex.Expr] = set(bodies)
    rough = Scene(derivation, scenes[0].claims, scenes[0].point, 0)
    said: set[str] = set()
    for body in dict.fromkeys(bodies):
        for mutant, words in mutants(body, adjoint.equation.free, tensors):
            if monotonic() > deadline or len(said) == MOST:
                return
            if mutant in seen or words in said:
                continue
            seen.add(mutant)
            if _matches(adjoint.equation.with_body(views.inside(mutant)), claim, [rough, *scenes]):
                said.add(words)
                yield f"Yours equals ours if {words}."


def _readable(derivation: Derivation) -> dict[str, Tensor]:
    tensors = derivation.network.tensors
    upstream = {
        derivation.prefix + a.tensor: replace(tensors[a.tensor], name=derivation.prefix + a.tensor) for a in derivation
    }
    return {**{n: t for n, t in tensors.items() if t.role != "loss"}, **upstream}


def _matches(equation: Equation, claim: Claim, scenes: Sequence[Scene]) -> bool:
    """True where a mutant has the claimed values, roughly at one point and then in all digits at all of them."""
    for scene in scenes:
        values = scene.step(claim) if claim.group else scene.values(claim)
        if values is None:
            return False
        arrays = {**scene.truth, **scene.overridden(claim)}
        try:
            value = scene.evaluated([*_missing(equation, arrays, scene), equation], arrays)[equation.target]
        except InputError:
            return False
        if not distance(values[0], value) <= (TOLERANCE if scene.digits else ROUGH):
            return False
    return True


def _missing(equation: Equation, arrays: Mapping[str, Array], scene: Scene) -> list[Equation]:
    """The equations of what a mutant reads and no claim needed so far."""
    wanted = [name for name in names_read(equation) if name not in arrays]
    return [e for e in upstream(scene.equations, wanted) if e.target not in arrays]


# -- what else can be said -----------------------------------------------------------------------------------------


def _single_row(derivation: Derivation, claim: Claim, scenes: Sequence[Scene]) -> Iterator[str]:
    """Right for a batch of one: then a sum or a mean over the batch is what is wrong."""
    if "N" not in scenes[0].point.sizes:
        return
    single = []
    for scene in scenes:
        arrays = {name: _first_row(derivation.network.tensors[name], a) for name, a in scene.point.arrays.items()}
        single.append(Scene(derivation, scene.claims, Point({**scene.point.sizes, "N": 1}, arrays)))
    pairs = [values for scene in single if (values := scene.values(claim)) is not None]
    if len(pairs) == len(single) and all(_equal(mine, true) and not zero(true) for mine, true in pairs):
        yield "It is right for a single row, N = 1: look at how the rows of the batch come together."


def _first_row(tensor: Tensor, array: Array) -> Array:
    for axis, extent in enumerate(tensor.axes):
        if extent.names == {"N"}:
            array = np.take(array, [0], axis=axis)
    return array


def _some_entries(claim: Claim, scenes: Sequence[Scene]) -> Iterator[str]:
    counts = [differing(*values, TOLERANCE) for s in scenes if (values := s.values(claim)) is not None]
    if counts and all(0 < c.sum() <= c.size / 2 for c in counts):
        shown = ", ".join(f"{int(c.sum())} of {c.size}" for c in counts)
        yield f"Only some entries differ: {shown}."


# -- shapes --------------------------------------------------------------------------------------------------------


def shape_hints(claim: Claim, scenes: Sequence[Scene]) -> tuple[str, ...]:
    """Sentences for a claim of another shape: what would make it the true value, checked at two points."""
    assert claim.view is not None
    known = [(scene, values) for scene in scenes if (values := scene.values(claim)) is not None]
    pairs = [(mine, claim.view.shown(true, scene.point.sizes)) for scene, (mine, true) in known]
    if len(pairs) < 2:
        return ()
    changes = list(_changes(pairs[0][0].ndim))
    good = [words for change, words in changes if all(_equal(np.asarray(change(mine)), true) for mine, true in pairs)]
    return tuple(f"It is the true value if you {words}." for words in good[:1])


def _changes(rank: int) -> Iterator[tuple[Callable[[Array], Array], str]]:
    yield lambda a: a.T, "transpose it"
    for axis in range(rank):
        yield partial(_squeezed, axis=axis), f"drop axis {axis}, of extent 1 (no keepdims)"
        yield partial(np.sum, axis=axis), f"sum it over axis {axis}"
        yield partial(np.sum, axis=axis, keepdims=True), f"sum it over axis {axis} with keepdims=True"
    for axis in range(rank + 1):
        yield partial(np.expand_dims, axis=axis), f"give it an axis {axis} of extent 1"


def _squeezed(array: Array, axis: int) -> Array:
    return array.squeeze(axis) if array.shape[axis] == 1 else array
