"""`X[mask]`: entries whose number depends on the inputs, until they are put back through the same mask, or summed.

Enters: a whole array and a mask.  Leaves: arrays; whatever would need the selected entries one by one stops the trace.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from symprop.frontends.tracing.array import TracedArray

REFUSED = "selecting entries by a mask gives an array of no fixed shape"
HINT = "Write np.where(mask, x, 0), or multiply by the mask."


class Selection:
    """The entries of an array at which a mask holds.

    Args:
        whole: the array, of the mask's shape.
        mask: the mask itself, by which it is known again.
    """

    __array_priority__ = 1001.0
    __array_ufunc__ = None

    def __init__(self, whole: TracedArray, mask: TracedArray) -> None:
        self.whole, self.mask = whole, mask

    def put_into(self, target: TracedArray) -> Any:
        """The array with these entries in place of its own."""
        from symprop.frontends.tracing.dispatch import call

        return call(target.tracer, "where", [self.mask, self.whole, target], {})

    def sum(self) -> Any:
        """The sum of the entries."""
        return self.whole.tracer.binary("*", self.whole, self.mask).sum()

    def mean(self) -> Any:
        """Their mean."""
        return self.sum() / self.mask.sum()

    def stop(self, *args: object) -> NoReturn:
        """Stop the trace: the entries are needed one by one."""
        self.whole.tracer.stop(REFUSED, HINT)

    def __getattr__(self, name: str) -> Any:
        self.stop()

    def _with(self, op: str, left: Any, right: Any) -> Selection:
        sides = [self._whole(left), self._whole(right)]
        return Selection(self.whole.tracer.binary(op, *sides), self.mask)

    def _whole(self, value: Any) -> Any:
        """A number, or the array that another selection by the same mask is of."""
        if isinstance(value, Selection) and value.mask is self.mask:
            return value.whole
        if isinstance(value, Selection) or getattr(value, "ndim", None):
            self.stop()
        return value


def operators(op: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The operator and its reflection."""
    return lambda self, other: self._with(op, self, other), lambda self, other: self._with(op, other, self)


for _name, _op in {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**"}.items():
    for _prefix, _method in zip(("", "r"), operators(_op), strict=True):
        setattr(Selection, f"__{_prefix}{_name}__", _method)

_ENTRIES = "len iter contains getitem setitem bool float int array abs neg matmul rmatmul lt le gt ge eq ne"
for _name in _ENTRIES.split():
    setattr(Selection, f"__{_name}__", Selection.stop)
