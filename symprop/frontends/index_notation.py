"""Formulas in the language's own index notation: `dH[n,t,j]` and what it is equal to.

Enters: the left side, the text of the right side, and what its names mean.  Leaves: one equation over names of their
own.  A formula may read its own target, and so be a recurrence; whether that has an end is found elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import NoReturn

from symprop.errors import Fault, FormulaError
from symprop.frontends.bench import Label
from symprop.frontends.names import Names
from symprop.frontends.numpy_notation import Assigned
from symprop.frontends.program import COMMENT, Locate, ShapeError
from symprop.language import Equation, Extent, Scope, Tensor
from symprop.language.definitions import extent
from symprop.language.parser import Reader
from symprop.language.syntax import Place
from symprop.library import callable_names
from symprop.network.rewrite import Renaming


class IndexNotation(Reader):
    """One formula; arguments as of `Expressions`."""

    def __init__(
        self, text: str, names: Names, label: Label, where: str = "formula", locate: Locate | None = None
    ) -> None:
        functions = {**dict.fromkeys(callable_names(), 1), **names.functions}
        names = replace(names, tensors={**{s: names.tensors[of] for s, of in names.short.items()}, **names.tensors})
        tensors = {name: meaning.tensor for name, meaning in names.tensors.items() if not meaning.unfit}
        super().__init__("", Scope(tensors, names.indices, names.extents, functions), where)
        self.names, self.label, self.locate, self.source = names, label, locate, where
        self.written, self.left = COMMENT.sub(lambda found: " " * len(found.group()), text), ""

    def axes(self, left: str, unseen: Iterable[str]) -> tuple[Extent, ...]:
        """The extents of a formula's value, some of the tensors it reads being unknown."""
        self.scope = self.scope.opened(unseen)
        return self.formula(left)[-1].tensor.axes

    def formula(self, left: str) -> list[Assigned]:
        """The value of a formula whose left side is a name with indices, `dH[n,t,j]`; `dc[]` has none."""
        self.left = f"{left.removesuffix('[]')} = "
        self.text = self.left + self.written.replace("\n", " ")
        name = left.partition("[")[0]
        if name not in self.scope.tensors:
            self.scope = self.scope.opened([name])
        equation = self._named(name, self._with_axes_first())
        tensor = Tensor(equation.target, tuple(map(extent, equation.indices)))
        return [Assigned(name, tensor, (equation,), Place(1, 1))]

    def _with_axes_first(self) -> Equation:
        """The equation with the extents that axes give its indices; what is declared is for indices that have none."""
        declared, where = self.scope, self.where
        with suppress(FormulaError):
            bare = Scope(declared.tensors, {}, declared.extents, declared.functions)
            self.scope = bare.opened(declared.unseen)
            return self._equation()
        self.scope, self.where = declared, where
        return self._equation()

    def _equation(self) -> Equation:
        body = self.tree("exec").body
        if len(body) != 1 or not isinstance(body[0], ast.Assign) or len(body[0].targets) != 1:
            self.fail(None, "one formula is expected", "Write what stands to the right of the =.")
        self.where = self._words(Place(1, len(self.left) + 1))
        return self.equation(body[0])

    def _named(self, name: str, equation: Equation) -> Equation:
        """The equation over the names its tensors are stored under."""
        stored = {read: meaning.tensor.name for read, meaning in self.names.tensors.items()}
        return Renaming({**stored, name: self.label(name, 0)}).equation(equation)

    def axes_of(self, node: ast.AST, name: str, count: int) -> list[object]:
        """Extents of the axes of a tensor; one whose shapes do not fit has none."""
        meaning = self.names.tensors.get(name)
        if meaning is not None and meaning.unfit:
            raise ShapeError(Fault(self._words(Place.of(node)), f"'{name}' has no value: {meaning.blocked}"))
        return super().axes_of(node, name, count)

    # -- places --------------------------------------------------------------------------------------------------

    def fail(self, node: ast.AST | Place | None, message: str, hint: str = "") -> NoReturn:
        """Raise the fault at a place of the formula; the left side has the place of the formula."""
        at = node if isinstance(node, Place) else Place.of(node)
        raise FormulaError(Fault(self._words(at), message, hint))

    def _words(self, at: Place) -> str:
        offset = max(0, min(at.column - 1 - len(self.left), len(self.written)))
        line = self.written.count("\n", 0, offset) + 1
        place = Place(line, offset - self.written.rfind("\n", 0, offset))
        if self.locate is not None:
            return self.locate(place)
        return f"{self.source}: " + (f"line {line}, " if line > 1 else "") + f"column {place.column}"
