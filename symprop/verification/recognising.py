"""Steps of a hand derivation that are values of the network under another name.

Enters: a step, and scenes.  Leaves: the tensors and adjoints it may be, those it equals at every scene; a step of a
loop may be one entry of a tensor along the axis it loops over, and any step a simple multiple of one, dS/4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from symprop.derivation import Derivation
from symprop.language import Extent
from symprop.verification.points import Array
from symprop.verification.scene import Scene, distance, finite, zero
from symprop.verification.values import Claim
from symprop.verification.views import View, entry_view, plain_view

SIMPLE = 64
"""The largest denominator of a multiple."""
MOST = 64
"""Loops over so many entries are looked into."""
NEAR = 1e-6
"""Entries further apart than this, in any precision, are not the same."""


def candidates(
    claim: Claim, derivation: Derivation, scenes: Sequence[Scene], tolerance: float
) -> Iterator[tuple[str, View]]:
    """Names of tensors and adjoints that have the step's values at all scenes, entries first, multiples last."""
    if claim.tensor is None:
        return
    network, own = derivation.network, claim.tensor
    computed = [e.target for e in network.equations if e.target != network.loss]
    names = [*computed, *(derivation.prefix + a.tensor for a in derivation)]
    axes = {n: network.tensors[n if n in network.tensors else n.removeprefix(derivation.prefix)].axes for n in names}
    mine = [scene.claimed.get(own.name) for scene in scenes]
    if any(array is None or not finite(array) for array in mine):
        return
    views = [(n, view) for n in names for view in _entries(axes[n], own.axes)] if not any(map(_is_zero, mine)) else []
    views += [(name, plain_view(own.axes)) for name in names if axes[name] == own.axes]
    for name, view in views:
        pairs = zip(mine, (scene.truth.get(name) for scene in scenes), strict=True)
        if all(_same(array, true, view, tolerance) for array, true in pairs):
            yield name, view
    for name in names:
        if axes[name] == own.axes:
            true = [scene.truth.get(name) for scene in scenes]
            factor = _multiple([(a, t) for a, t in zip(mine, true, strict=True) if a is not None], tolerance)
            if factor is not None:
                yield name, replace(plain_view(own.axes), sign=factor)


def _multiple(pairs: Sequence[tuple[Array, Array | None]], tolerance: float) -> Fraction | None:
    """The simple number other than 1 that the first arrays are of the second ones, None where there is none."""
    found: Fraction | None = None
    for mine, true in pairs:
        if true is None or mine.shape != true.shape or not mine.size or zero(true):
            return None
        place = int(np.argmax(np.abs(true)))
        ratio = mine.flat[place] / true.flat[place]
        factor = Fraction(float(ratio)).limit_denominator(SIMPLE)
        if found not in (None, factor) or factor in (0, 1) or abs(ratio - factor.numerator / factor.denominator) > 1e-9:
            return None
        found = factor
    if found is None:
        return None
    apart = (distance(a * found.denominator, t * found.numerator) for a, t in pairs if t is not None)
    return found if all(d <= tolerance for d in apart) else None


def _is_zero(array: Array | None) -> bool:
    return array is None or zero(array)


def _entries(axes: tuple[Extent, ...], own: tuple[Extent, ...]) -> Iterator[View]:
    """The views of one entry along an axis without which the axes are those of the step."""
    for axis, extent in enumerate(axes):
        if (*axes[:axis], *axes[axis + 1 :]) == own:
            for entry in range(extent.constant if (extent.constant or MOST + 1) <= MOST and extent.constant else 0):
                yield entry_view(axes, axis, entry)


def _same(mine: Array | None, true: Array | None, view: View, tolerance: float) -> bool:
    if mine is None or true is None:
        return False
    seen = true if view.at_axis < 0 else np.asarray(np.take(true, view.entry, axis=view.at_axis), dtype=true.dtype)
    if mine.shape != seen.shape or not _near(mine, seen, tolerance):
        return False
    return finite(seen) and distance(mine, seen) <= tolerance


def _near(mine: Array, seen: Array, tolerance: float) -> bool:
    """Whether the last entries are about the same, which few others are."""
    if not mine.size:
        return True
    one, other = mine.flat[-1], seen.flat[-1]
    return not abs(one - other) > min(tolerance * 1e10, NEAR) * max(1, abs(one), abs(other))
