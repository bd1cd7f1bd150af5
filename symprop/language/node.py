"""The base of all values of the language: immutable, compared by structure, hashed once.

Enters: nothing.  Leaves: `Node`, from which extents, index forms and expressions are made.  A node never changes and
never points back at what contains it, so it can be shared, cached and used as a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


class Node:
    """Immutable value with structural equality and a cached hash; subclasses name their fields in `__slots__`."""

    __slots__ = ("_hash",)
    _hash: int

    def fields(self) -> tuple[Any, ...]:
        """The values that make this node what it is, in the order of its `__slots__`."""
        return tuple(getattr(self, name) for name in self.__slots__)

    def _set(self, *values: Any) -> None:
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_hash", hash((type(self).__name__, values)))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable; {name} cannot be set")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or self._hash != other._hash:
            return False
        return self.fields() == other.fields()

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.fields()))})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (rebuilt, (type(self), self.fields()))


def mapped(value: Any, change: Callable[[Node], Any]) -> Any:
    """A node, or a tuple of what nodes are made of, with every node in it passed through `change`, inner ones first."""
    if isinstance(value, Node):
        return change(rebuilt(type(value), tuple(mapped(field, change) for field in value.fields())))
    return tuple(mapped(part, change) for part in value) if isinstance(value, tuple) else value


def nodes_in(value: Any) -> Iterator[Node]:
    """All nodes in a node or a tuple, each before those it is made of."""
    if isinstance(value, Node):
        yield value
        value = value.fields()
    for part in value if isinstance(value, tuple) else ():
        yield from nodes_in(part)


def rebuilt(kind: type[Node], values: tuple[Any, ...]) -> Node:
    """The node of a class with given fields, in the order of its `__slots__`."""
    node = object.__new__(kind)
    node._set(*values)
    return node
