"""Shapes as text, `..., D`, matched against extents and read back.

Enters: the shapes of an entry of the library.  Leaves: the extents they stand for.  `...` matches any number of
axes, the batch among them where it comes first, and `(...)` is their product; a name matches one axis and keeps what
it matched; `A + B` and `2*A` are made of such names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from symprop.language import Extent

Axes = tuple[Extent, ...]
BATCH = Extent.of("N")


@dataclass
class Bindings:
    """What the names of a shape stand for.

    Args:
        names: extents by name; N is the batch extent.
        dots: the axes that `...` stands for, None before it was met.
    """

    names: dict[str, Extent] = field(default_factory=lambda: {"N": BATCH})
    dots: Axes | None = None

    def match(self, shape: str, axes: Axes) -> bool:
        """Bind the names of a shape to the axes of a tensor; False where they do not fit."""
        tokens = _tokens(shape)
        if "..." in tokens:
            at = tokens.index("...")
            count = len(axes) - len(tokens) + 1
            if count < (at == 0) or not self._bind_dots(axes[at : at + count]):
                return False
            tokens = [*tokens[:at], *tokens[at + 1 :]]
            axes = axes[:at] + axes[at + count :]
        return len(tokens) == len(axes) and all(map(self._bind, tokens, axes))

    def axes(self, shape: str) -> Axes:
        """The extents a shape stands for."""
        found: list[Extent] = []
        for token in _tokens(shape):
            if token == "...":
                found += self.dots or ()
            else:
                found.append(self._product() if token == "(...)" else self._extent(token))
        return tuple(found)

    def _bind_dots(self, axes: Axes) -> bool:
        if self.dots is None:
            self.dots = axes
        return self.dots == axes

    def _bind(self, token: str, axis: Extent) -> bool:
        return self.names.setdefault(token, axis) == axis

    def _product(self) -> Extent:
        total = Extent.of(1)
        for axis in self.dots or ():
            total = total * axis
        return total

    def _extent(self, token: str) -> Extent:
        total = Extent.of(0)
        for term in token.split("+"):
            product = Extent.of(1)
            for factor in term.split("*"):
                word = factor.strip()
                product = product * (int(word) if word.isdigit() else self.names[word])
            total = total + product
        return total


def _tokens(shape: str) -> list[str]:
    return [token for token in (part.strip() for part in re.split(r",", shape)) if token]


def shown(axes: Axes) -> str:
    """(N, 64), as messages write it."""
    return "(" + ", ".join(map(str, axes)) + ("," if len(axes) == 1 else "") + ")"
