"""The smallest point at which a claim is wrong: few rows, small whole numbers, as many zeros and ones as possible.

Enters: a wrong claim.  Leaves: a `Counterexample`, None where none of the small points tried refutes it.  The search is
in double precision; what it finds is evaluated again in many digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from symprop.derivation import Derivation
from symprop.errors import InputError
from symprop.language import Tensor, extent_names
from symprop.verification.limit import Limit
from symprop.verification.points import Array, Point, dropped, given, high_of, sizes_of
from symprop.verification.scene import DIGITS, Scene, finite
from symprop.verification.values import Claim, Counterexample
from symprop.verification.views import Views

ROUGH, STEP, EXACT, SEEDS, SECONDS, SHOWN = 1e-6, 1e-9, 1e-30, 4, 2.0, 12


def counterexample(
    derivation: Derivation, claims: Sequence[Claim], claim: Claim, deadline: float, views: Views
) -> Counterexample | None:
    """The simplest of the points tried, with one entry of both sides."""
    point = smallest(derivation, claims, claim, deadline)
    return None if point is None else _shown(derivation, claims, claim, point, views)


def smallest(derivation: Derivation, claims: Sequence[Claim], claim: Claim, deadline: float) -> Point | None:
    """The simplest of the points tried at which a claim is wrong, None where it is right at all of them."""
    limit = Limit.of(deadline, SECONDS)

    def refuting(points: Iterable[Point]) -> Point | None:
        return next((p for p in points if not limit.reached and _refutes(derivation, claims, claim, p)), None)

    point = refuting(degenerate(derivation))
    if point is None:
        return None
    for tensor in given(derivation.network):
        point = refuting(_simpler(tensor, point)) or point
    return point


def degenerate(derivation: Derivation) -> Iterator[Point]:
    """Small whole numbers, one row first; then with all entries of one tensor 0, or 1."""
    small = list(_small(derivation))
    yield from small
    for tensor in given(derivation.network):
        yield from _simpler(tensor, small[-1])


def _small(derivation: Derivation) -> Iterator[Point]:
    """Points of small whole numbers, one row first."""
    sizes = sizes_of(derivation.network, 0)
    for rows in (1, 2, 3) if "N" in sizes else (1,):
        for seed in range(SEEDS):
            rng = np.random.default_rng(seed)
            now = {**sizes, "N": rows} if "N" in sizes else sizes
            yield Point(now, {t.name: _whole(t, now, rng) for t in given(derivation.network)})


def _whole(tensor: Tensor, sizes: dict[str, int], rng: np.random.Generator) -> Array:
    shape = tuple(axis.value(sizes) for axis in tensor.axes)
    if tensor.dtype == "integer":
        return rng.integers(0, high_of(tensor, sizes), shape)
    if tensor.simplex is not None:
        return _one_hot(shape, tensor.simplex)
    if tensor.values is not None:
        return rng.choice(np.array(tensor.values, dtype=float), shape)
    if tensor.low is not None and tensor.top is not None:
        return np.asarray(tensor.low + (tensor.top - tensor.low) * rng.integers(0, 2, shape).astype(float))
    if tensor.role == "sample":
        return np.where(rng.random(shape) < 1 / 2, 0.0, 1 / (1 - dropped(tensor)))
    if tensor.role == "state":
        return np.ones(shape)
    # sums over many inputs stay small, so that no exponential overflows
    terms = shape[:-1] if tensor.role == "param" else shape[-1:]
    kept = rng.random(shape) < 2 / max(1, math.prod(terms))
    return np.asarray(np.where(kept, rng.choice([-1.0, 1.0, 2.0], shape), 0.0))


def _one_hot(shape: tuple[int, ...], axis: int) -> Array:
    first = np.zeros(shape)
    np.moveaxis(first, axis, -1)[..., 0] = 1.0
    return first


def _simpler(tensor: Tensor, point: Point) -> Iterator[Point]:
    """The point with all entries of one tensor 0, then 1, then one 1, one 2, all 2; of a mask all 0 or none."""
    array = point.arrays[tensor.name]
    if tensor.simplex is not None:
        return
    single = np.zeros(array.shape, dtype=array.dtype)
    single.reshape(-1)[:1] = 1
    simple = [np.zeros_like(array), np.ones_like(array), single, 2 * single, np.full_like(array, 2)]
    if tensor.role == "sample":
        simple = [simple[0], np.full_like(array, 1 / (1 - dropped(tensor)))]
    for new in simple:
        if _is_allowed(tensor, new, dict(point.sizes)) and not np.array_equal(new, array):
            yield Point(point.sizes, {**point.arrays, tensor.name: new})


def _is_allowed(tensor: Tensor, array: Array, sizes: dict[str, int]) -> bool:
    """True where all entries are such as a tensor has."""
    if not array.size:
        return True
    if tensor.dtype == "integer":
        return bool(array.max() < high_of(tensor, sizes))
    if tensor.values is not None and not np.isin(array, tensor.values).all():
        return False
    below, beyond = tensor.low is not None, tensor.top is not None
    return not (below and array.min() < tensor.low) and not (beyond and array.max() > tensor.top)


def _refutes(derivation: Derivation, claims: Sequence[Claim], claim: Claim, point: Point) -> bool:
    values = _values(derivation, claims, claim, point, 0)
    if values is None or not np.any(np.abs(values[0] - values[1]) > ROUGH):
        return False
    return not derivation.kinks or _is_smooth(derivation, claims, claim, point, values[1])


def _is_smooth(derivation: Derivation, claims: Sequence[Claim], claim: Claim, point: Point, truth: Array) -> bool:
    """True where the truth is what it is on both sides of the point; at a kink it is a choice, which refutes nobody."""
    return all(_is_alike(derivation, claims, claim, point, truth, step) for step in (STEP, -STEP))


def _is_alike(
    derivation: Derivation, claims: Sequence[Claim], claim: Claim, point: Point, truth: Array, step: float
) -> bool:
    """True where the truth is what it is a step further."""
    rng = np.random.default_rng(0)
    moved = {t.name: _moved(t, point.arrays[t.name], rng, step) for t in given(derivation.network)}
    beside = _values(derivation, claims, claim, Point(point.sizes, moved), 0)
    return beside is not None and bool(np.all(np.abs(beside[1] - truth) <= ROUGH * (1 + np.abs(truth))))


def _moved(tensor: Tensor, array: Array, rng: np.random.Generator, step: float) -> Array:
    return array * (1 + step) + step * rng.random(array.shape) if tensor.is_free else array


def _values(
    derivation: Derivation, claims: Sequence[Claim], claim: Claim, point: Point, digits: int
) -> tuple[Array, Array] | None:
    try:
        values = Scene(derivation, claims, point, digits).values(claim)
    except InputError:
        return None
    return values if values is not None and all(map(finite, values)) else None


def _shown(
    derivation: Derivation, claims: Sequence[Claim], claim: Claim, point: Point, views: Views
) -> Counterexample | None:
    found = _values(derivation, claims, claim, point, DIGITS)
    if found is None:
        return None
    values = [views[claim.target].shown(array, point.sizes) for array in found]
    places = np.argwhere(np.asarray(np.abs(values[0] - values[1]) > EXACT))
    if not len(places):
        return None
    place = tuple(int(k) for k in places[0])
    entry = claim.target + (f"[{', '.join(map(str, place))}]" if place else "")
    written = {t.name: views[t.name].shown(point.arrays[t.name], point.sizes) for t in given(derivation.network)}
    inputs = {name: _words(array) for name, array in written.items()}
    used = extent_names(derivation.network)
    extents = {name: size for name, size in point.sizes.items() if name in used}
    return Counterexample(extents, inputs, entry, _number(values[0][place]), _number(values[1][place]))


def _words(array: Array) -> str:
    """All entries where they are few or equal, else their shape and range."""
    flat = array.reshape(-1)
    if flat.size and (flat == flat[0]).all() and flat.size > 1:
        return f"all {_plain(flat[0])}"
    if flat.size <= SHOWN:
        return _nested(array)
    places = np.argwhere(array != 0)
    if len(places) == 1:
        at = ", ".join(map(str, places[0]))
        return f"{_plain(array[tuple(places[0])])} at [{at}], else 0"
    return f"whole numbers from {_plain(flat.min())} to {_plain(flat.max())}"


def _nested(array: Array) -> str:
    if array.ndim == 0:
        return _plain(array[()])
    return f"[{', '.join(_nested(row) for row in array)}]"


def _plain(value: Any) -> str:
    near = Fraction(float(value)).limit_denominator(100)
    return str(near) if float(near) == float(value) else f"{float(value):g}"


def _number(value: Any) -> str:
    """A rational of small denominator exactly, any other number in six digits."""
    with mpmath.workdps(DIGITS):
        near = Fraction(int(mpmath.nint(value * mpmath.mpf(2) ** 150)), 2**150).limit_denominator(1000)
        if abs(mpmath.mpf(near.numerator) / near.denominator - value) <= EXACT * max(1, abs(value)):
            return str(near)
        return str(mpmath.nstr(value, 6))
