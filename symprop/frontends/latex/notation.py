r"""LaTeX to equations of the language: left sides, and the values of one line.

Enters: the text of one line, `A = B = C`, and what its names mean.  Leaves: an equation for every right side.  A left
side is a gradient of the loss, an adjoint, a tensor of the network, or a name that this line defines.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from string import ascii_lowercase

from symprop.errors import FormulaError
from symprop.frontends.arrays import Array, Axes, axis_of
from symprop.frontends.bench import Label
from symprop.frontends.latex import nodes as tex
from symprop.frontends.latex.derivatives import Adjoint
from symprop.frontends.latex.functions import Functions
from symprop.frontends.latex.grammar import Grammar
from symprop.frontends.latex.letters import Letter
from symprop.frontends.latex.lookup import DELTA, PREFIX
from symprop.frontends.latex.shapes import fitted, transposed
from symprop.frontends.latex.tokens import place_of
from symprop.frontends.names import Names
from symprop.frontends.naming import named
from symprop.frontends.numpy_notation import Assigned
from symprop.frontends.program import Locate
from symprop.language import Equation, Extent, Position, Tensor
from symprop.language import expressions as ex
from symprop.language.extents import ONE
from symprop.language.syntax import Place

LETTERS = frozenset(ascii_lowercase)
GIVEN = ("param", "input", "target", "sample", "state")


@dataclass(frozen=True)
class Left:
    """What a line is about.

    Args:
        name: of the value.
        shape: the axes it must have, None for a name that is defined here.
        items: the letters of an entry.
        is_transposed: whether the transposed of it is given.
        at: where it stands.
    """

    name: str
    shape: tuple[Extent, ...] | None
    items: tuple[tex.Item, ...]
    is_transposed: bool
    at: int


class Latex(Functions):
    """One line of a document; arguments as of `Notation`."""

    restates = True
    """A name that is given twice is claimed twice: mathematics does not assign."""

    def __init__(
        self, text: str, names: Names, label: Label, where: str = "formula", locate: Locate | None = None
    ) -> None:
        super().__init__(text, names, where, locate)
        self.label = label
        self.found: list[Assigned] = []
        self.name = ""
        self.also: tuple[str, ...] = ()
        r"""Other names of the value: a \delta without a label."""

    def program(self) -> list[Assigned]:
        """The values of all right sides.

        Raises:
            FormulaError: the line cannot be read, or a name means nothing.
            ShapeError: it can, and its shapes do not fit; `name` is what it is about.
        """
        try:
            sides = self._grammar().sides()
        except FormulaError:
            self.name = self._first_name()
            raise
        if len(sides) < 2:
            self.fail(sides[0].at, "nothing is claimed here; expected left side = right side")
        left = self.left(sides[0])
        self.name = left.name
        for side in sides[1:]:
            if not self._names_the_same(left, side):
                self._store(left, side)
        return self.found

    def _grammar(self) -> Grammar:
        return Grammar(self.text, self.fail, self.is_function, self._is_name)

    def _first_name(self) -> str:
        """What a line is about of which a later side cannot be read, "" where the first one cannot either."""
        about = self.about()
        return "" if about is None else about.name

    def about(self) -> Left | None:
        """What a line is about, None where that cannot be read."""
        with suppress(FormulaError):
            return self.left(self._grammar().side())
        return None

    def _names_the_same(self, left: Left, side: tex.Node) -> bool:
        r"""True of \delta_2 = \frac{\partial L}{\partial Z_2}, which says what a letter means and claims nothing."""
        kinds = (tex.Symbol, tex.Differential, tex.Gradient)
        quotient = isinstance(side, tex.Binary) and isinstance(side.left, tex.Differential)
        if not (isinstance(side, kinds) or (quotient and isinstance(side, tex.Binary) and _is_derivative(side))):
            return False
        if isinstance(side, tex.Symbol) and not self.lookup.find(side, str.islower, by_itself=False):
            return False
        other = self.left(side)
        letters = [[item.text for item in x.items] for x in (left, other)]
        alike = other.name == left.name and letters[0] == letters[1]
        return alike and other.is_transposed == left.is_transposed

    def line(self, place: Place) -> str:
        """The whole text."""
        return " ".join(self.text.split())

    def expression(self, name: str) -> list[Assigned]:
        """The value of a text that is one expression."""
        side = self._grammar().sides()
        if len(side) > 1:
            self.fail(side[1].at, "one expression is expected, without =")
        self._store(Left(name, None, (), False, 0), side[0])
        return self.found

    def _is_name(self, base: str) -> bool:
        return self.names.tensor(base) is not None

    # -- left sides ----------------------------------------------------------------------------------------------

    def left(self, node: tex.Node) -> Left:
        """What the first side is about."""
        flipped = False
        while isinstance(node, tex.Transpose | tex.Group):
            flipped ^= isinstance(node, tex.Transpose)
            node = node.inner
        match node:
            case tex.Binary(op="/", left=tex.Differential(), right=tex.Differential()):
                return self._adjoint_left(self.quotient(node), flipped, node.at)
            case tex.Gradient() | tex.Differential():
                return self._adjoint_left(self.adjoint(node), flipped, node.at)
            case tex.Symbol():
                return self._named_left(node, flipped)
        expected = "expected a gradient of L, an adjoint, a tensor of the network or a name"
        self.fail(node.at, f"this left side cannot be read; {expected}")

    def _adjoint_left(self, found: Adjoint, flipped: bool, at: int) -> Left:
        meaning = self.names.tensor(found.of.name)
        assert meaning is not None
        if found.of.power is not None:
            self.fail(at, "a power stands on the left side; expected a name")
        return Left(found.name, meaning.tensor.axes, found.of.items, flipped ^ found.is_transposed, at)

    def _named_left(self, node: tex.Symbol, flipped: bool) -> Left:
        """A tensor of the network, an adjoint by a letter of its own, or a new name."""
        known = [f for f in self.lookup.find(node, lambda name: False) if self.lookup.is_of_network(f.name)]
        known += self.lookup.find(node, lambda name: False, by_itself=False)
        plain = [f for f in known if f.power is None]
        if len({f.name for f in known}) > 1 or len(plain) < len(known):
            choices = " or ".join(f.name for f in known) + " or a power" * (len(plain) < len(known))
            self.fail(node.at, f"'{self.shown(node)}' may be {choices}", "Name it another way.")
        moved = next((item for item in node.below if item.kind == "sum"), None)
        if moved is not None:
            self.fail(moved.at, "an index on the left is a letter alone")
        if node.primes:
            self.fail(node.at, "a prime cannot stand on a left side", "Name the value another way.")
        if known:
            of = known[0].name
            meaning = self.names.tensor(of if self.lookup.is_of_network(of) else of.removeprefix(PREFIX))
            assert meaning is not None
            if meaning.tensor.role in GIVEN and self.lookup.is_of_network(of):
                message = f"{of} is given, and cannot be claimed; expected its gradient or a computed value"
                self.fail(node.at, message, f"Write \\frac{{\\partial L}}{{\\partial {of}}} for the gradient.")
            alone = node.base == DELTA and node.plain is None and len(known[0].items) == len(node.below)
            self.also = (DELTA,) if alone else ()
            return Left(of, meaning.tensor.axes, known[0].items, flipped, node.at)
        return self._new(node, flipped)

    def _new(self, node: tex.Symbol, flipped: bool) -> Left:
        """A name that this line defines: small letters below, or in brackets, are indices, all else is its name."""
        label = node.label
        if label is not None and label.kind == "letter" and label.text.rstrip("'") in LETTERS and node.example is None:
            node = replace(node, label=None, example=label)
        barred = replace(node, base=node.base.removesuffix("_bar"))
        if barred != node and self.lookup.find(barred, lambda name: False):
            hint = r"Write \mathrm{d}Z for the adjoint, or choose another letter."
            self.fail(node.at, f"'{self.shown(node)}' may be an adjoint or a mean", hint)
        if node.base in self.names.extents or node.base == "I":
            self.fail(node.at, f"'{node.base}' has a meaning of its own", "Choose another name.")
        items = tuple(item for item in node.below if item.kind == "letter" and item.text.islower())
        items = items if node.example is None else (node.example, *items)
        words = [item.text for item in node.below if item not in items]
        words += [item.text for item in (node.label, node.time, node.plain) if item is not None]
        name = "_".join([node.base, *words]).replace("'", "")
        return Left(name, None, items, flipped, node.at)

    # -- right sides ---------------------------------------------------------------------------------------------

    def _store(self, left: Left, side: tex.Node) -> None:
        """One right side under a name of its own."""
        axes, body, shape = self._value(left, side)
        label = self.label(left.name, sum(1 for a in self.found if a.name == left.name))
        positions, body = named(axes, body)
        equation = Equation(label, tuple(map(Position.of, positions)), body)
        place = place_of(self.text, min(part.at for part in tex.walk(side)))
        self.found.append(Assigned(left.name, Tensor(label, shape), (equation,), place))

    def _value(self, left: Left, side: tex.Node) -> tuple[Axes, ex.Expr, tuple[Extent, ...]]:
        """The array of a right side over the axes of what it is about, and its shape."""
        before = dict(self.letters.known)
        letters = [self._declared(item) for item in left.items]
        wanted = self._wanted(left)
        value = self.value(side)
        if left.is_transposed and (wanted is None or len(value.axes) > 1):
            value = transposed(value)
        if wanted is not None:
            value = fitted(value, wanted)
        axes, body = self._closed(left, letters, value)
        self.letters.known = before
        self.settled(Array(axes, body), side.at)
        return axes, body, tuple(ONE if axis is None else axis.extent for axis in axes)

    def _declared(self, item: tex.Item) -> Letter:
        if item.shift or item.kind != "letter":
            self.fail(item.at, "an index on the left is a letter alone")
        if item.text in self.letters:
            self.fail(item.at, f"index {item.text} stands twice on the left")
        return self.letters.declare(item.text)

    def _wanted(self, left: Left) -> Axes | None:
        """The axes that the right side must have beside the letters, None where that is free."""
        if left.shape is None:
            return None
        array = Array(tuple(axis_of(extent, self.new) for extent in left.shape), ex.ZERO)
        if not left.items:
            return array.axes
        symbol = tex.Symbol(left.at, left.name, left.items, time=None)
        return self.entries(array, left.items, symbol).axes

    def _closed(self, left: Left, letters: list[Letter], value: Array) -> tuple[Axes, ex.Expr]:
        """The value over the axes of the left side, letters among them."""
        body, bound = value.body, list[tuple[int, Axes]]()
        places = self._letter_places(left)
        for letter, item, place in zip(letters, left.items, places, strict=True):
            extent = letter.runs_over()
            if extent is None:
                word = "".join(other.text for other in left.items)
                hint = rf"If {word} is one word, write \mathrm{{{word}}}." if len(word) > 1 else ""
                self.fail(item.at, f"it is not clear what {item.text} runs over; the right side does not read it", hint)
            index, body = self.letters.bound(letter, extent, body)
            bound.append((place, (index,)))
        if not letters:
            return value.axes, body
        if left.shape is None:
            return (*(axis for _, axes in bound for axis in axes), *value.axes), body
        own = dict(bound)
        rest = iter(value.axes)
        whole = len(left.shape) - len(own)
        full = len(value.axes) == whole
        axes = [own[k][0] if k in own else next(rest) if full else None for k in range(len(left.shape))]
        if not full and any(axis is not None for axis in value.axes):
            return (*axes, *value.axes), body
        return tuple(axes), body

    def _letter_places(self, left: Left) -> list[int]:
        if left.shape is None or not left.items:
            return list(range(len(left.items)))
        array = Array(tuple(axis_of(extent, self.new) for extent in left.shape), ex.ZERO)
        return self._places(array, left.items, tex.Symbol(left.at, left.name, left.items))


def _is_derivative(node: tex.Binary) -> bool:
    return node.op == "/" and isinstance(node.right, tex.Differential)
