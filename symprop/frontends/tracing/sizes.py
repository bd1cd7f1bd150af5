"""Extents as the traced code sees them: numbers with names, until it needs to know them.

Enters: `X.shape[0]`, `len(X)`, `X.size`.  Leaves: numbers that add and multiply as names; whatever needs the number
itself raises `NeedsNumbers`, and the trace begins again with the number in place of the name.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from symprop.frontends.regroup import quotient
from symprop.frontends.tracing.faults import NeedsNumbers
from symprop.language import Extent

if TYPE_CHECKING:
    from symprop.frontends.tracing.trace import Trace


class Steps:
    """`range(n)` of an extent: as an index, 0, 1, ..., n - 1; in a loop, n must be a number.

    Args:
        stop: the extent.
    """

    def __init__(self, stop: Size) -> None:
        self.stop = stop

    def __iter__(self) -> Iterator[int]:
        return iter(range(int(self.stop)))

    def __len__(self) -> int:
        return int(self.stop)

    def __getitem__(self, key: Any) -> Any:
        return range(int(self.stop))[key]


class Size:
    """An extent that holds a name.

    Args:
        trace: where it stands.
        extent: its value.
    """

    def __init__(self, trace: Trace, extent: Extent) -> None:
        self._trace, self._extent = trace, extent

    @property
    def extent(self) -> Extent:
        """Its value."""
        return self._extent

    def _needed(self, *others: Extent) -> NoReturn:
        raise NeedsNumbers(frozenset(n for e in (self._extent, *others) for n in e.names))

    def __index__(self) -> int:
        self._needed()

    __int__ = __index__
    __hash__ = __index__

    def __float__(self) -> float:
        self._needed()

    def __bool__(self) -> bool:
        return True if self._extent.at_least(1) else self._needed()

    def __repr__(self) -> str:
        return str(self._extent)

    def _with(self, op: str, left: Any, right: Any) -> Any:
        known = [_extent(left), _extent(right)]
        if None not in known and op in "+-*":
            a, b = known[0], known[1]
            assert a is not None and b is not None
            return self._trace.size(a + b if op == "+" else a - b if op == "-" else a * b)
        if op in ("//", "%"):
            return self._divided(op, *known)
        if not isinstance(left, Size | int | float) or not isinstance(right, Size | int | float):
            return NotImplemented
        return self._trace.binary(op, left, right)

    def _divided(self, op: str, whole: Extent | None, part: Extent | None) -> Any:
        if whole is None or part is None:
            return NotImplemented
        found = quotient(whole, part)
        if found is None or (found.constant is None and part.constant is None and not found.at_least(1)):
            self._needed(whole, part)
        return self._trace.size(found if op == "//" else Extent.of(0))

    def __add__(self, other: Any) -> Any:
        return self._with("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return self._with("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._with("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._with("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._with("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._with("*", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._with("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with("/", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return self._with("//", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._with("//", other, self)

    def __mod__(self, other: Any) -> Any:
        return self._with("%", self, other)

    def __rmod__(self, other: Any) -> Any:
        return self._with("%", other, self)

    def __pow__(self, other: Any) -> Any:
        return self._with("**", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._with("**", other, self)

    def __neg__(self) -> Any:
        return self._trace.size(self._extent * -1)

    def __pos__(self) -> Any:
        return self

    def __eq__(self, other: object) -> bool:
        return self._compared(other, 0, 0)

    def __ne__(self, other: object) -> bool:
        return not self._compared(other, 0, 0)

    def __lt__(self, other: object) -> bool:
        return not self._compared(other, 0, None)

    def __ge__(self, other: object) -> bool:
        return self._compared(other, 0, None)

    def __gt__(self, other: object) -> bool:
        return self._compared(other, 1, None)

    def __le__(self, other: object) -> bool:
        return not self._compared(other, 1, None)

    def _compared(self, other: object, low: int, high: int | None) -> bool:
        """Whether self - other lies between low and high, both included."""
        right = _extent(other)
        if right is None:
            if isinstance(other, float):
                self._needed()
            return False
        apart = self._extent - right
        if high is not None and (apart.at_least(high + 1) or (apart * -1).at_least(1 - low)):
            return False
        if apart.constant is not None:
            return low <= apart.constant and (high is None or apart.constant <= high)
        if high is None and apart.at_least(low):
            return True
        if high is None and (apart * -1).at_least(1 - low):
            return False
        self._needed(right)


def extreme(name: str, values: Sequence[Any]) -> Any:
    """`max` or `min` of extents and whole numbers; the order of two names is known where one is always the larger."""
    known = [_extent(value) for value in values]
    sign = 1 if name == "max" else -1
    for value, extent in zip(values, known, strict=True):
        if extent is not None and all(e is not None and ((extent - e) * sign).at_least(0) for e in known):
            return value
    return getattr(builtins, name)(values)


def _extent(value: object) -> Extent | None:
    if isinstance(value, Size):
        return value.extent
    return Extent.of(value) if isinstance(value, int) and not isinstance(value, bool) else None
