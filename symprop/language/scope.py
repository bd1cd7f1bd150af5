"""What the names of a text mean: tensors, indices, named extents, functions.

Enters: declarations.  Leaves: a meaning for each name, or a sentence why there is none.  Extents of indices are found
from the axes they stand on alone; one name has one extent throughout an equation.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from symprop.language.equations import Tensor
from symprop.language.expressions import Constant, Expr, Read, size
from symprop.language.extents import Extent
from symprop.language.indices import Index, Position

PRIMITIVES: Mapping[str, int] = {
    "exp": 1,
    "log": 1,
    "sqrt": 1,
    "erf": 1,
    "sin": 1,
    "cos": 1,
    "abs": 1,
    "sign": 1,
    "floor": 1,
    "max": 2,
    "min": 2,
    "where": 3,
}
CONSTANTS = ("pi",)
DERIVATIVE = "derivative"
"""derivative(u[n], x[n,i], ...): of an entry of a tensor by entries of others; it is no function of their values."""


class Scope:
    """Meanings of names in one text.

    Args:
        tensors: known tensors by name.
        indices: extents of indices declared beforehand (others get theirs where they stand alone on an axis).
        extents: names that are extents, usable as numbers and in positions.
        functions: library functions with their number of arguments; primitives are always known.
        open_names: where True, an unknown name is a scalar tensor of that name, as in the formula of an activation.
    """

    def __init__(
        self,
        tensors: Mapping[str, Tensor] | None = None,
        indices: Mapping[str, Extent | int | str] | None = None,
        extents: Iterable[str] = (),
        functions: Mapping[str, int] | None = None,
        open_names: bool | None = None,
    ) -> None:
        self.tensors = dict(tensors or {})
        self.indices = {name: Index(name, extent) for name, extent in (indices or {}).items()}
        self.declared = frozenset(self.indices)
        self.extents = frozenset(extents) | {n for t in self.tensors.values() for a in t.axes for n in a.names}
        self.functions = dict(functions or {})
        self.open_tensors = (tensors is None) if open_names is None else open_names
        self.unseen: frozenset[str] = frozenset()

    def child(self) -> Scope:
        """A copy whose indices can be added to."""
        copy = Scope.__new__(Scope)
        copy.__dict__.update(self.__dict__)
        copy.indices = dict(self.indices)
        return copy

    def opened(self, names: Iterable[str]) -> Scope:
        """A copy in which some unknown tensors may be read at any positions."""
        copy = self.child()
        copy.unseen = self.unseen.union(names)
        return copy

    def with_tensor(self, tensor: Tensor) -> Scope:
        """A copy that knows one tensor more."""
        copy = self.child()
        copy.tensors = {**self.tensors, tensor.name: tensor}
        return copy

    def binding(self, names: Iterable[str]) -> Scope:
        """The scope inside a reduction: its bound names are new, unless they were declared."""
        copy = self.child()
        for name in names:
            if name not in copy.declared:
                copy.indices.pop(name, None)
        return copy

    def arity(self, name: str) -> int | None:
        """Number of arguments of a function, None for an unknown one."""
        return self.functions.get(name, PRIMITIVES.get(name))

    def index(self, name: str) -> Index | None:
        """An index whose extent is known by now."""
        return self.indices.get(name)

    def value(self, name: str) -> Expr | str:
        """A bare name as a number: a scalar tensor, an extent, an index, a constant; or why it has no value."""
        tensor = self.tensors.get(name)
        if tensor is not None:
            return Read(name) if not tensor.axes else f"{name} has {len(tensor.axes)} axes, but no indices are given"
        if name in self.indices:
            return size(self.indices[name])
        if name in self.extents:
            return size(Position.of(Extent.of(name)))
        if name in CONSTANTS:
            return Constant(name)
        return Read(name) if self.open_tensors else f"unknown name '{name}'"

    def position(self, name: str, axis: object = None) -> Position | str:
        """A name inside brackets: an index, whose extent is `axis` where it stands alone on one, or an extent."""
        known = self.indices.get(name)
        if known is None and name in self.extents:
            return Position.of(Extent.of(name))
        if known is None and isinstance(axis, Extent):
            known = self.indices[name] = Index(name, axis)
        if known is None:
            return f"the extent of index '{name}' is not known here"
        if isinstance(axis, Extent) and known.extent != axis and name not in self.declared:
            return f"index {name} runs over {known.extent} elsewhere, but this axis has {axis}"
        return Position.of(known)

    def suggestion(self, name: str, functions: bool = False) -> str:
        """`Did you mean 'relu'?`, or nothing."""
        known = {*PRIMITIVES, *self.functions} if functions else {*self.tensors, *self.extents, *self.indices}
        if name in known:
            return ""
        close = difflib.get_close_matches(name, sorted(known), n=1)
        return f"Did you mean '{close[0]}'?" if close else ""
