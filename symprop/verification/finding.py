"""Which convention claims are read under, and under which others they would be right.

Enters: a claims file and the derivation of its network.  Leaves: a `Reading`, and conventions.  Arrays are read
as they lie where exactly one way fits all shapes; a sign or a factor is only named.  Everything is compared in double
precision at two points, and at those that refute a claim: what is adopted here is judged afterwards like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from symprop.derivation import Derivation, derive
from symprop.errors import InputError
from symprop.language import Network, sized
from symprop.verification.claimsfile import ClaimsFile
from symprop.verification.conventions import Convention, scales, shapes, usual, views_of
from symprop.verification.points import Point, drawn
from symprop.verification.reading import claims_of
from symprop.verification.scene import Scene
from symprop.verification.values import Claim
from symprop.verification.views import Views

POINTS, CLOSE = (0, 1), 1e-7


@dataclass(frozen=True)
class Reading:
    """Claims read under a convention.

    Args:
        convention: the one they were read under.
        network: what they are about, its extents named.
        sizes: numbers in place of named extents.
        derivation: of the network with these numbers.
        claims: in order.
        points: the user's own, at which they are compared too.
    """

    convention: Convention
    network: Network
    sizes: Mapping[str, int]
    derivation: Derivation
    claims: tuple[Claim, ...]
    points: tuple[Point, ...] = ()

    @cached_property
    def views(self) -> Views:
        """How the user writes the tensors."""
        return self.views_under(self.convention)

    def views_under(self, convention: Convention) -> Views:
        """How someone with another convention would write them."""
        return views_of(convention, self.network, self.derivation.prefix).at(self.sizes)

    @property
    def fits(self) -> bool:
        """True where all shapes are those of the convention."""
        return self.misfits == 0

    @property
    def misfits(self) -> int:
        """The number of claims that are of another shape, or of none."""
        return sum(1 for claim in self.claims if claim.problem or (claim.target and not claim.fits))

    @property
    def content(self) -> object:
        """What the claims say of the network, whatever the convention is called."""
        batched = not self.convention.is_single
        return batched, [(claim.target, claim.tensor, claim.equations) for claim in self.claims]


class Readings:
    """The ways to read one file.

    Args:
        file: the claims.
        derivation: of its network, for any number of examples.
    """

    def __init__(self, file: ClaimsFile, derivation: Derivation) -> None:
        self.file, self.derivation = file, derivation
        self._single: Derivation | None = None

    def reading(self, convention: Convention) -> Reading:
        """The claims under a convention.

        Raises:
            ClaimError: they cannot be read.
        """
        derivation = self._of_one() if convention.is_single else self.derivation
        empty = Reading(convention, self.derivation.network, convention.sizes, derivation, ())
        claims = claims_of(self.file, derivation, empty.views, convention.has_columns)
        return replace(empty, claims=claims)

    def _of_one(self) -> Derivation:
        if self._single is None:
            self._single = derive(sized(self.derivation.network, {"N": 1}))
        return self._single

    def fitting(self) -> list[Reading]:
        """The ways to lay out arrays that fit all shapes; those for a single example only where no other does."""
        return list(self._fitting(single=False)) or list(self._fitting(single=True))

    def _fitting(self, single: bool) -> Iterator[Reading]:
        seen = []
        for convention in shapes():
            if convention.is_single != single:
                continue
            try:
                reading = self.reading(convention)
            except InputError:
                continue
            if reading.fits and reading.content not in seen:
                seen.append(reading.content)
                yield reading


class Compared:
    """The values of a reading and of the truth at two points.

    Args:
        reading: whose arrays lie as its convention says; its factors are the default ones.
        others: more points.
    """

    def __init__(self, reading: Reading, others: Iterable[Point] = ()) -> None:
        self.reading = reading
        points = [*(drawn(reading.derivation.network, number) for number in POINTS), *others]
        self.scenes = [Scene(reading.derivation, reading.claims, point, 0) for point in points]

    def all_right(self, convention: Convention) -> bool:
        """True where every claim on the network is right with the factors of a convention."""
        claims = [claim for claim in self.reading.claims if claim.target]
        return self.right(convention) == len(claims)

    def right(self, convention: Convention) -> int:
        """The number of claims that are right with the factors of a convention."""
        views = self.reading.views_under(convention)
        return sum(self._is_right(claim, views) for claim in self.reading.claims if claim.target and claim.fits)

    def _is_right(self, claim: Claim, views: Views) -> bool:
        for scene in self.scenes:
            values = scene.values(claim)
            if values is None:
                return False
            mine, true = values
            gap = np.abs(mine - views[claim.target].scaled(true, scene.point.sizes))
            if not np.all(gap <= CLOSE * max(1e-12, float(np.max(np.abs(mine), initial=0.0)))):
                return False
        return True


def _shows(reading: Reading, default: Reading | None) -> bool:
    """True where all that differs from the default is seen in two places or more; one alone may be a mistake."""
    seen = all(_places(reading, key) >= 2 for key in reading.convention.changes(usual(reading.network)[0]))
    return seen and (default is None or default.misfits >= 2)


def _places(reading: Reading, key: str) -> int:
    """How many names of how many claims would lie otherwise if one key had its default."""
    base = usual(reading.network)[0]
    other = reading.views_under(replace(reading.convention, **{key: getattr(base, key)}))
    about = {claim.label: claim.target for claim in reading.claims if claim.target}
    mentioned = [about.get(name, name) for claim in reading.claims for name in (*claim.reads, claim.target)]
    return sum(1 for name in mentioned if (view := other.get(name)) and view.order != reading.views[name].order)


def right_under(
    readings: Iterable[Reading], used: Convention, refuting: Iterable[Point] = ()
) -> tuple[Convention, ...]:
    """Other conventions under which all claims are right, those that change least.

    Args:
        readings: the ways to read them that fit their shapes.
        used: the convention they were judged under.
        refuting: the points at which they were found wrong.
    """
    found, points = list[Convention](), list(refuting)
    for reading in readings:
        compared = Compared(reading, points)
        if reading.convention.shape == used.shape and compared.all_right(used):
            return ()  # what is wrong is too little to be seen in doubles, under any convention
        found += [c for c in scales(reading.convention) if c != used and compared.all_right(c)]
    least = min((len(c.changes(used)) for c in found), default=0)
    return tuple(c for c in found if len(c.changes(used)) == least)


def found_reading(readings: Readings) -> tuple[Reading, tuple[Convention, ...]]:
    """The reading of claims that declare no convention, and the ways to read them where there is a choice.

    Raises:
        ClaimError: they cannot be read under the default, and no other way fits alone.
    """
    default: Reading | None = None
    failure: InputError | None = None
    for convention in usual(readings.derivation.network):
        try:
            found = readings.reading(convention)
        except InputError as error:
            failure = failure or error
            continue
        if found.fits:
            return found, ()
        default = default or found
    fitting = readings.fitting()
    if len(fitting) == 1 and _shows(fitting[0], default) and _at_least_as_right(fitting[0], default):
        return fitting[0], ()
    if default is None:
        assert failure is not None
        raise failure
    return default, tuple(reading.convention for reading in fitting) if len(fitting) > 1 else ()


def _at_least_as_right(reading: Reading, default: Reading | None) -> bool:
    if default is None:
        return True
    return Compared(reading).right(reading.convention) >= Compared(default).right(default.convention)
