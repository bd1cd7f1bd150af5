r"""What reading a formula knows of its text: names, letters, and how faults are raised.

Enters: a formula's text and the names there are.  Leaves: faults with their places, shapes with where they come from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import NoReturn

from symprop.errors import Fault, FormulaError
from symprop.frontends.arrays import Array, shape_text
from symprop.frontends.faults import Mismatch
from symprop.frontends.latex import nodes as tex
from symprop.frontends.latex.letters import Letters
from symprop.frontends.latex.lookup import Lookup
from symprop.frontends.latex.shapes import Ambiguous
from symprop.frontends.latex.tokens import place_of
from symprop.frontends.names import Names
from symprop.frontends.program import Locate, ShapeError
from symprop.language import Extent, Index

OPENING, CLOSING = "{[(", "}])"
WORD = re.compile(r"\\[A-Za-z]+(?:\s*\{?\s*\\?[A-Za-z]+)?|[A-Za-z]")


class Faults:
    """One formula.

    Args:
        text: the formula, for places and messages.
        names: what its names mean.
        where: what is read, for messages.
        locate: the words for a place of the text.
    """

    def __init__(self, text: str, names: Names, where: str, locate: Locate | None) -> None:
        self.text, self.names, self.where, self.locate = text, names, where, locate
        self.lookup = Lookup(names)
        self.numbers, self.depth = count(1), 0
        self.letters = Letters(self.numbers, self.new)
        self.read: dict[str, str] = {}

    def new(self, extent: Extent) -> Index:
        """An index that nobody else has."""
        return Index(f"{'n' if extent.names else 'i'}{next(self.numbers)}", extent)

    def fail(self, at: int, message: str, hint: str = "") -> NoReturn:
        """Raise a fault of the text."""
        raise FormulaError(self._fault(at, message, hint))

    def shape_fail(self, at: int, message: str) -> NoReturn:
        """Raise that shapes do not fit, with where they come from."""
        origins = "; ".join(self.read.values())
        raise ShapeError(self._fault(at, message, f"{origins}." if origins else ""))

    def _fault(self, at: int, message: str, hint: str) -> Fault:
        place = place_of(self.text, at)
        if self.locate is not None:
            return Fault(self.locate(place), message, hint)
        line = "" if place.line == 1 else f"line {place.line}, "
        return Fault(f"{self.where}: {line}column {place.column}", message, hint)

    def fit(self, at: int, sign: str, make: Callable[..., Array], *arrays: Array) -> Array:
        """An operation whose shapes may not fit."""
        try:
            return make(*arrays)
        except Ambiguous as error:
            self.fail(at, f"{sign}: these {error}")
        except Mismatch as error:
            shapes = " and ".join(shape_text(a.shape) for a in arrays)
            self.shape_fail(at, f"{sign}: shapes {shapes} {error}" if len(arrays) > 1 else f"{sign}: {shapes} {error}")

    def shown(self, node: tex.Node) -> str:
        """A symbol as it stands in the text, in at most 40 characters."""
        scripts: list[tex.Item | None] = []
        if isinstance(node, tex.Symbol):
            scripts = [*node.below, node.label, node.time, node.plain, node.example]
        if isinstance(node, tex.Entry):
            scripts = [*node.items]
        word = WORD.match(self.text, node.at)
        end = max([word.end() if word else node.at + 1, *(i.at + len(i.text) for i in scripts if i)])
        while end < len(self.text) and self.text[end] in CLOSING:
            part = self.text[node.at : end]
            if sum(c in OPENING for c in part) <= sum(c in CLOSING for c in part):
                break
            end += 1
        return " ".join(self.text[node.at : min(end, node.at + 40)].split())
