"""Shapes as text, `..., D`, matched against extents and read back.

Enters: the shapes of an entry of the library.  Leaves: the extents they stand for.  `...` matches any number of
axes, the batch among them where it comes first, and `(...)` is their product; a name matches one axis and keeps what
it matched; everything else is arithmetic over such names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from symprop.language import Extent, arithmetic

Axes = tuple[Extent, ...]
BATCH = Extent.of("N")
DOTS = re.compile(r"\.\.\.([!<>]?)(\w*)")
NAME = re.compile(r"[A-Za-z]\w*")
EMBRACED = re.compile(r"\{([^{}]*)\}")


def picked_of(places: int, picks: Mapping[str, tuple[int, ...]], how: str, name: str) -> list[int]:
    """Places among those of `...` that `...axis`, `...!axis`, `...<axis` or `...>axis` stands for."""
    chosen = picks[name]
    match how:
        case "!":
            return [k for k in range(places) if k not in chosen]
        case "<":
            return list(range(min(chosen)))
        case ">":
            return list(range(max(chosen) + 1, places))
    return list(chosen)


@dataclass
class Bindings:
    """What the names of a shape stand for.

    Args:
        names: extents by name; N is the batch extent.
        dots: the axes that `...` stands for, None before it was met.
        picks: places among these axes, by option.
        lists: extents of new axes, by option.
    """

    names: dict[str, Extent] = field(default_factory=lambda: {"N": BATCH})
    dots: Axes | None = None
    picks: dict[str, tuple[int, ...]] = field(default_factory=dict)
    lists: dict[str, Axes] = field(default_factory=dict)

    def copy(self) -> Bindings:
        """The same bindings, to be added to."""
        return Bindings(dict(self.names), self.dots, dict(self.picks), dict(self.lists))

    def match(self, shape: str, axes: Axes, high: Extent | None = None) -> bool:
        """Bind the names of a shape to the axes of a tensor, of integers below `high`; False where they do not fit."""
        tokens, bound = _tokens(shape), _bound(shape)
        if bound and (high is None or not self._bind(bound, high)):
            return False
        opening = next((k for k, token in enumerate(tokens) if token.startswith("...<")), -1)
        if opening >= 0:
            # `...<axis, A, ...>axis`: the picked axis has a name of its own, and all others are those of `...`
            (place,) = self.picks[tokens[opening].removeprefix("...<")]
            count = len(axes) - len(tokens) + 3
            within = axes[opening : opening + count]
            if place >= count or not self._bind_dots((*within[:place], Extent.of(1), *within[place + 1 :])):
                return False
            tokens = [*tokens[:opening], tokens[opening + 1], *tokens[opening + 3 :]]
            axes = (*axes[:opening], within[place], *axes[opening + count :])
        elif "..." in tokens:
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
            dots = DOTS.fullmatch(token)
            if dots is not None:
                found += self._several(*dots.groups())
            else:
                found.append(self.value(token))
        return tuple(found)

    def value(self, text: str) -> Extent:
        """The extent that arithmetic over the names gives; `(...)` is the product of the axes of `...`."""
        if "(...)" not in text:
            return arithmetic(text, self.names)
        return arithmetic(text.replace("(...)", "ALL"), {**self.names, "ALL": product(self.dots or ())})

    def sentence(self, text: str) -> str:
        """A sentence with its `{...}` computed."""
        return EMBRACED.sub(lambda found: str(self.value(found[1])), text)

    def _several(self, how: str, name: str) -> Axes:
        dots = self.dots or ()
        if not name:
            return dots
        return self.lists[name] if name in self.lists else tuple(dots[k] for k in self.places(how, name))

    def places(self, how: str, name: str) -> list[int]:
        """Places of the axes picked by an option; see `picked_of`."""
        return picked_of(len(self.dots or ()), self.picks, how, name)

    def _bind_dots(self, axes: Axes) -> bool:
        if self.dots is None:
            self.dots = axes
        return self.dots == axes

    def _bind(self, token: str, axis: Extent) -> bool:
        if NAME.fullmatch(token):
            return self.names.setdefault(token, axis) == axis
        return self.value(token) == axis


def product(axes: Axes) -> Extent:
    """How many entries axes have together."""
    total = Extent.of(1)
    for axis in axes:
        total = total * axis
    return total


def _tokens(shape: str) -> list[str]:
    axes = shape if not _bound(shape) else shape.rpartition("<")[0]
    return [token for token in (part.strip() for part in axes.split(",")) if token]


def _bound(shape: str) -> str:
    """V of `..., T < V`."""
    left, less, right = shape.rpartition("<")
    return right.strip() if less and not left.endswith("...") else ""


def shown(axes: Axes, high: Extent | None = None) -> str:
    """(N, 64), as messages write it, and (N, 64 < 2) of integers below 2."""
    below = f" < {high}" if high is not None else "," if len(axes) == 1 else ""
    return f"({', '.join(map(str, axes))}{below})"
