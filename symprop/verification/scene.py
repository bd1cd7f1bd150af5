"""The truth and the claims at one point.

Enters: a derivation, claims, a point, a number of digits.  Leaves: arrays.  The truth is evaluated by the adjoint
equations; a claim reads the values of earlier claims, not the truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import mpmath
import numpy as np

from symprop.derivation import Derivation
from symprop.errors import Fault, InputError
from symprop.language import Equation, Tensor
from symprop.library import ACTIVATIONS
from symprop.oracle import evaluate
from symprop.oracle.order import downstream, names_read, upstream
from symprop.verification.points import Array, Point, precise
from symprop.verification.values import Claim

DIGITS = 60


class Scene:
    """Values at one point; digits 0 stands for double precision.

    Args:
        derivation: the truth.
        claims: all claims, in order.
        point: where.
        digits: decimal digits.
        deadline: time of the clock at which evaluation is given up, with an UndecidedError.
    """

    def __init__(
        self,
        derivation: Derivation,
        claims: Iterable[Claim],
        point: Point,
        digits: int = DIGITS,
        deadline: float = math.inf,
    ) -> None:
        self.derivation, self.digits, self.deadline = derivation, digits, deadline
        self.point = precise(point, derivation.network, 2 * digits) if digits else point
        self.claims = tuple(claims)
        self.declared: dict[str, Tensor] = dict(derivation.network.tensors)
        self.declared |= {t.name: t for c in self.claims for t in (c.tensor, c.written) if t is not None}
        self.failures: dict[str, Fault] = {}
        self.truth: dict[str, Array] = dict(self.point.arrays)
        self.equations = [*derivation.network.equations, *(a.equation for a in derivation)]
        wanted = {c.target for c in self.claims if c.target}
        wanted |= {name for claim in self.claims for name in claim.reads} & {e.target for e in self.equations}
        self.truth |= self.evaluated(upstream(self.equations, wanted), self.truth)
        self.claimed: dict[str, Array] = {}
        for claim in self.claims:
            self._claim(claim)

    def evaluated(self, equations: Iterable[Equation], arrays: Mapping[str, Any]) -> dict[str, Array]:
        """Values of equations over arrays, of which only those read are taken."""
        chosen = list(equations)
        known = {e.target for e in chosen}
        needed = {name for e in chosen for name in names_read(e)} - known
        read = {name: arrays[name] for name in needed if name in arrays}
        functions = {**library(), **self.derivation.network.functions}
        with mpmath.workdps(self.digits or 15):
            dtype = object if self.digits else float
            return evaluate(
                chosen,
                read,
                self.point.sizes,
                dtype,
                functions=functions,
                tensors=self.declared,
                deadline=self.deadline,
            )

    def _claim(self, claim: Claim) -> None:
        if claim.tensor is None or claim.tensor.name in self.claimed:
            return
        try:
            self.claimed |= self.evaluated(claim.equations, {**self.truth, **self.claimed})
        except InputError as error:
            self.failures[claim.name] = error.faults[0]

    def values(self, claim: Claim) -> tuple[Array, Array] | None:
        """(claimed, true), None where the claim has no value."""
        if claim.tensor is None or claim.tensor.name not in self.claimed:
            return None
        return self.claimed[claim.tensor.name], self.truth[claim.target]

    def is_rounding(self, array: Array, tolerance: float) -> bool:
        """True where entries are what rounding leaves of zero, beside the numbers that are given."""
        given = [np.max(np.abs(a)) for a in self.point.arrays.values() if np.asarray(a).size]
        return bool(largest(array) < tolerance * max(1.0, float(max(given, default=1.0))))

    def local(self, claim: Claim) -> Array | None:
        """The true value if all earlier claims were right: the rest of the derivation over what the user has so far."""
        try:
            return self._given_above(claim, [claim.target])[claim.target]
        except InputError:
            return None

    def _given_above(self, claim: Claim, targets: Iterable[str]) -> Mapping[str, Array]:
        """The truth with the values that earlier claims give in their stead, and what follows from them."""
        given = self.overridden(claim)
        changed = {name for source in given for name in downstream(self.equations, source)} - given.keys()
        needed = [e for e in upstream(self.equations, targets) if e.target in changed]
        return {**self.truth, **given, **self.evaluated(needed, {**self.truth, **given})}

    def step(self, claim: Claim) -> tuple[Array, Array] | None:
        """(claimed, true) where the rest of the claim's recurrence is true; for other claims, of the whole claim."""
        beside = (c for c in self.claims if c.target and c.tensor is not None and c.tensor.name in claim.group)
        members = {c.tensor.name: c.target for c in beside if c.tensor is not None}
        if not members:
            values, local = self.values(claim), self.local(claim)
            return None if values is None or local is None else (values[0], local)
        own = replace(claim.equations[-1], target=f"{claim.equations[-1].target} once")
        rest = [e for e in claim.equations[:-1] if e.target not in members]
        try:
            truth = self._given_above(claim, members.values())
            arrays = {**self.truth, **self.claimed, **{name: truth[target] for name, target in members.items()}}
            return self.evaluated([*rest, own], arrays)[own.target], truth[claim.target]
        except InputError:
            return None

    def overridden(self, claim: Claim) -> dict[str, Array]:
        """The values of the network that the claims it reads give, in their stead; not those of its own recurrence."""
        found: dict[str, Array] = {}
        read = self._read(claim)
        for other in self.claims:
            if other is claim:
                break
            is_given = other.target and other.fits and other.label in read
            if is_given and other.tensor is not None and other.tensor.name in self.claimed.keys() - {*claim.group}:
                value = self.claimed[other.tensor.name]
                if other.target != claim.target and value.shape == self.truth[other.target].shape:
                    found[other.target] = value
        return found


    def _read(self, claim: Claim) -> set[str]:
        """Names of the claims that one reads, in its helpers too."""
        helpers = {c.label: c for c in self.claims if not c.target}
        found, pending = set[str](), [*claim.reads]
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending += helpers[name].reads if name in helpers else ()
        return found


def library() -> Mapping[str, Any]:
    """Scalar functions of the library by name."""
    return _library(tuple(ACTIVATIONS))


@cache
def _library(names: tuple[str, ...]) -> Mapping[str, Any]:
    """Made once for the entries there are: evaluations are many."""
    return {name: ACTIVATIONS[name].function() for name in names if ACTIVATIONS[name].elementwise}


def distance(left: Array, right: Array) -> float:
    """Largest difference of entries over the largest entry; NaN where one is no number, inf for other shapes."""
    if left.shape != right.shape:
        return float("inf")
    if not (finite(left) and finite(right)):
        return float("nan")
    size = max(largest(left), largest(right))
    return float(gap(left, right) / size) if size else 0.0


def gap(left: Array, right: Array) -> Any:
    """Largest difference of entries."""
    return largest(np.asarray(left - right)) if left.size else 0


def largest(array: Array) -> Any:
    """Largest magnitude of an entry."""
    return np.max(np.abs(array), initial=0)


def finite(array: Array) -> bool:
    """True where no entry is infinite or NaN."""
    if array.dtype != object:
        return bool(np.isfinite(array).all())
    return all(bool(mpmath.isfinite(v)) for v in array.ravel())


def zero(array: Array) -> bool:
    """True where every entry is 0."""
    return not np.any(array)


def differing(left: Array, right: Array, tolerance: float) -> Array:
    """Where the entries differ by more than a part of the largest."""
    size = max(largest(left), largest(right))
    return np.asarray(np.abs(left - right) > tolerance * size, dtype=bool)
