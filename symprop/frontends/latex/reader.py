r"""Formulas in LaTeX as arrays: names, products, sums over letters.

Enters: syntax nodes.  Leaves: arrays.  An entry such as `W_{ij}` is a number whose indices are letters, so that matrix
notation and index notation can stand in one formula.  What is ambiguous is refused with the choices.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from typing import NoReturn

from symprop.errors import Fault, FormulaError
from symprop.frontends.arrays import Array, Axes, Mismatch, elementwise, scalar, shape_text, total
from symprop.frontends.latex import nodes as tex
from symprop.frontends.latex.letters import Letter, Letters
from symprop.frontends.latex.lookup import DELTA, PREFIX, Found, Lookup
from symprop.frontends.latex.shapes import (
    closed,
    dot,
    is_open,
    is_scalar,
    joined,
    open_extent,
    summed,
    times,
    transposed,
)
from symprop.frontends.latex.tokens import place_of
from symprop.frontends.latex.vocabulary import LOSSES
from symprop.frontends.names import Meaning, Names
from symprop.frontends.program import Locate, ShapeError
from symprop.language import Constraint, Domain, Extent, Gather, Index, Position, Read
from symprop.language import expressions as ex
from symprop.language.extents import ONE
from symprop.spec.places import close

LARGEST_EXPONENT, OF_NETWORK = 64, "of the network"
OPENING, CLOSING = "{[(", "}])"
WORD = re.compile(r"\\[A-Za-z]+(?:\s*\{?\s*\\?[A-Za-z]+)?|[A-Za-z]")


def _minus(a: ex.Expr, b: ex.Expr) -> ex.Expr:
    return ex.add(a, ex.negate(b))


ENTRYWISE: dict[str, Callable[[ex.Expr, ex.Expr], ex.Expr]] = {
    "+": ex.add,
    "-": _minus,
    r"\odot": ex.mul,
    r"\oslash": ex.divide,
    "/": ex.divide,
}


@dataclass(frozen=True)
class Adjoint:
    """The adjoint of a tensor, as it is written."""

    symbol: tex.Symbol
    of: Found
    is_transposed: bool

    @property
    def name(self) -> str:
        """Its name."""
        return PREFIX + self.of.name


class Reader:
    """One formula's expressions; functions are added by a subclass.

    Args:
        text: the formula, for places and messages.
        names: what its names mean.
        where: what is read, for messages.
        locate: the words for a place of the text.
    """

    def __init__(self, text: str, names: Names, where: str, locate: Locate | None) -> None:
        self.text, self.names, self.where, self.locate = text, names, where, locate
        self.lookup = Lookup(names)
        self.numbers = count(1)
        self.letters = Letters(self.numbers, self.new)
        self.read: dict[str, str] = {}

    def new(self, extent: Extent) -> Index:
        """An index that nobody else has."""
        return Index(f"{'n' if extent.names else 'i'}{next(self.numbers)}", extent)

    # -- faults --------------------------------------------------------------------------------------------------

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
        except Mismatch as error:
            shapes = " and ".join(shape_text(self._shown(a)) for a in arrays)
            self.shape_fail(at, f"{sign}: shapes {shapes} {error}" if len(arrays) > 1 else f"{sign}: {shapes} {error}")

    @staticmethod
    def _shown(array: Array) -> tuple[Extent, ...]:
        return array.shape

    # -- expressions ---------------------------------------------------------------------------------------------

    def value(self, node: tex.Node) -> Array:
        """The array of a node, as numbers."""
        return self.quantity(self.meaning(node))

    def quantity(self, array: Array) -> Array:
        """Labels as one-hot rows, which is what they are in a formula; anything else as it is."""
        position = array.position if array.kind == "integer" else None
        atom = position.atom if position is not None else None
        if position is None or not isinstance(atom, Gather):
            return array.real()
        extent = next((m.tensor.high for m in self.names.tensors.values() if m.tensor.name == atom.tensor), None)
        column = self.new(extent or ONE)
        return Array((*array.axes, column), ex.guard(Domain.equal(position, Position.of(column)), ex.ONE))

    def meaning(self, node: tex.Node) -> Array:
        """The array of a node."""
        match node:
            case tex.Numeral():
                return scalar(ex.Number(node.value))
            case tex.Symbol():
                return self.symbol(node)
            case tex.Group():
                return self.meaning(node.inner)
            case tex.Negative():
                return elementwise(ex.negate, self.value(node.inner))
            case tex.Binary():
                return self._binary(node)
            case tex.Transpose():
                return self.fit(node.at, "the transpose", transposed, self.value(node.inner))
            case tex.Power():
                return self._power(node)
            case tex.Root():
                return self._root(node)
            case tex.Bars():
                return self._bars(node)
            case tex.Ones():
                return Array((self.new(open_extent(self.numbers)),), ex.ONE)
            case tex.Differential() | tex.Gradient():
                return self._adjoint(self.adjoint(node))
            case tex.Summation():
                return self._sum(node)
            case tex.Indicator():
                return self._indicator(node)
            case tex.Cases():
                return self._cases(node)
            case tex.Call():
                return self.call(node)
        self.fail(node.at, "this cannot be read")

    def call(self, node: tex.Call) -> Array:
        """A function of its arguments."""
        raise TypeError

    def _binary(self, node: tex.Binary) -> Array:
        left, right = node.left, node.right
        if node.op == "/" and isinstance(left, tex.Differential) and isinstance(right, tex.Differential):
            return self._adjoint(self.quotient(node))
        a, b = self.value(left), self.value(right)
        if node.op in ENTRYWISE:
            if node.op == "/" and ex.number(b.body) == 0:
                self.fail(right.at, "a division by zero stands here")
            return self.fit(node.at, self._shape_words(node), lambda x, y: joined(ENTRYWISE[node.op], x, y), a, b)
        if node.op in ("*", r"\times") and not (is_scalar(a) or is_scalar(b)):
            message = f"it is not clear which product {node.op} is"
            self.fail(node.at, message, r"Write \odot for entry by entry, or A B for the product of matrices.")
        make = dot if node.op == r"\cdot" else times
        return self.fit(node.at, self._shape_words(node), make, a, b)

    def _shape_words(self, node: tex.Binary) -> str:
        return {"": "the product", "+": "the sum", "-": "the difference", "/": "the quotient"}.get(node.op, node.op)

    def _power(self, node: tex.Power) -> Array:
        if isinstance(node.base, tex.Symbol) and node.base.base == "e" and self.names.tensor("e") is None:
            return elementwise(lambda x: ex.Call("exp", (x,)), self.value(node.exponent))
        return self.power(node, self.value(node.base), self.value(node.exponent), node.elementwise)

    def power(self, node: tex.Node, base: Array, exponent: Array, entrywise: bool) -> Array:
        """A power; of a square matrix only where it is written as one of entries."""
        value = ex.number(exponent.body)
        if not is_scalar(exponent):
            self.fail(node.at, "an exponent is a number; expected one without axes")
        if value is not None and abs(value) > LARGEST_EXPONENT:
            self.fail(node.at, f"exponent {value} is too large; expected at most {LARGEST_EXPONENT}")
        square = len(base.axes) == 2 and base.shape[0] == base.shape[1] and not is_scalar(base)
        if not entrywise and (square or (value is not None and value < 0 and not is_scalar(base))):
            message = "it is not clear whether this is a power of the matrix or of its entries"
            self.fail(node.at, message, r"Write ^{\odot 2}, or 1 \oslash A, for the entries.")
        if ex.number(base.body) == 0 and value is not None and value <= 0:
            self.fail(node.at, "a division by zero stands here")
        return elementwise(ex.power, base, exponent)

    def _root(self, node: tex.Root) -> Array:
        degree = 2 if node.degree is None else ex.number(self.value(node.degree).body)
        if degree is None or degree < 1 or degree > LARGEST_EXPONENT:
            self.fail(node.at, "the degree of a root is a number from 1 to 64")
        exponent = ex.Number(Fraction(1) / degree)
        return elementwise(lambda x: ex.power(x, exponent), self.value(node.inner))

    def _bars(self, node: tex.Bars) -> Array:
        inner = self.value(node.inner)
        if node.double:
            square = elementwise(lambda x: ex.power(x, ex.Number(2)), inner)
            return Array((), ex.power(summed(square), ex.Number(Fraction(1, 2))))
        if not is_scalar(inner) and isinstance(node.inner, tex.Symbol) and len(inner.axes) == 1:
            hint = r"Write \|x\| for the norm, or |x_i| for entries."
            self.fail(node.at, "it is not clear whether |x| is the norm of a vector or its entries", hint)
        return elementwise(lambda x: ex.Call("abs", (x,)), inner)

    # -- sums ----------------------------------------------------------------------------------------------------

    def _sum(self, node: tex.Summation) -> Array:
        names = [item.text for item in node.letters]
        if len(set(names)) < len(names):
            self.fail(node.at, "a letter stands twice below a sum")
        outer = None if node.unequal is None else self.letter(node.unequal)
        axes: list[Axes] = []

        def body() -> ex.Expr:
            found = self.value(node.body)
            axes.append(found.axes)
            return found.body

        added, letters = self.letters.within(names, body)
        for letter, item in zip(letters, node.letters, strict=True):
            added = self._summed(letter, item, node, added, outer)
        return Array(axes[0], added)

    def _summed(
        self, letter: Letter, item: tex.Item, node: tex.Summation, body: ex.Expr, outer: Letter | None
    ) -> ex.Expr:
        upper = None if node.upper is None else self._upper(node.upper)
        if outer is not None:
            letter.alike.append(outer)
            outer.alike.append(letter)
        extent = letter.runs_over() or upper
        if extent is None:
            self.fail(item.at, f"it is not clear what {item.text} runs over; it stands on no axis")
        if upper is not None and upper != extent:
            self.shape_fail(item.at, f"{item.text} runs over {extent} entries, and the sum ends at {upper}")
        index, body = self.letters.bound(letter, extent, body)
        if index is None:
            return ex.ZERO if outer is not None else body
        if outer is None:
            return self._eliminated(index, body) or total([index], body)
        own, other = Position.of(index), Position.of(outer.index)
        below = ex.reduce_("sum", [index], body, Domain([Constraint("ge", other - own - 1)]))
        above = ex.reduce_("sum", [index], body, Domain([Constraint("ge", own - other - 1)]))
        return ex.add(below, above)

    def _eliminated(self, index: Index, body: ex.Expr) -> ex.Expr | None:
        """A sum over a Kronecker delta: the summand at the other index, where both run over the same."""
        domain = body.domain if isinstance(body, ex.Guard) else Domain()
        for constraint in domain.constraints:
            other = self._partner(index, constraint)
            if other is not None and isinstance(body, ex.Guard):
                kept = Domain(c for c in domain.constraints if c != constraint)
                return ex.substitute(ex.guard(kept, body.body), {index: Position.of(other)})
        return None

    def _partner(self, index: Index, constraint: Constraint) -> Index | None:
        """The index that a constraint says an index is equal to, if it has the same extent."""
        terms = dict(constraint.position.terms)
        if constraint.kind != "eq" or constraint.position.offset.terms or sorted(terms.values()) != [-1, 1]:
            return None
        other = next((atom for atom in terms if atom != index), None)
        if index not in terms or not isinstance(other, Index):
            return None
        letter = next((x for x in self.letters.known.values() if x.index == other), None)
        extent = other.extent if letter is None else letter.runs_over()
        return other if extent == index.extent else None

    def _upper(self, node: tex.Node) -> Extent | None:
        """The upper limit as an extent; a name that means nothing is a name for it."""
        if isinstance(node, tex.Symbol) and not (node.base in self.names.extents or self._found(node)):
            return None
        extent = self.meaning(node).extent
        if extent is None:
            self.fail(node.at, "this upper limit is no extent", "Leave the limits out to sum over the whole axis.")
        return extent

    def letter(self, item: tex.Item) -> Letter:
        """A letter in scope."""
        if item.kind != "letter":
            hint = "Write [i = k] or another layer's name." if item.kind == "word" else "Entries are named by letters."
            self.fail(item.at, f"'{item.text}' is no index letter", hint)
        if item.text not in self.letters:
            message = f"index {item.text} is neither on the left nor under a sum"
            self.fail(item.at, message, rf"Write \sum_{{{item.text}}} where it is summed over.")
        return self.letters[item.text]

    def use(self, item: tex.Item, extent: Extent, words: str) -> Position:
        """The position a letter stands for on an axis."""
        letter = self.letter(item)
        if letter.extent is not None and letter.extent != extent:
            here = f"{letter.extent} entries in {letter.words} and over {extent} in {words}"
            self.shape_fail(item.at, f"index {item.text} runs over {here}")
        letter.extent, letter.words = extent, letter.words or words
        return Position.of(letter.index) + item.shift

    # -- names ---------------------------------------------------------------------------------------------------

    def _found(self, node: tex.Symbol) -> list[Found]:
        return self.lookup.find(node, lambda name: name in self.letters)

    def symbol(self, node: tex.Symbol) -> Array:
        """What a symbol stands for: a tensor, an entry of one, an adjoint, a Kronecker delta, an extent or a constant."""
        found = self._found(node)
        kronecker = self._kronecker(node)
        adjoints = [] if found else self.lookup.find(node, lambda name: name in self.letters, by_itself=False)
        readings = [*found, *(a for a in adjoints if self.names.tensor(a.name) is not None or not kronecker)]
        if len(readings) + kronecker > 1:
            choices = [f.name for f in readings] + ["the Kronecker delta"] * kronecker
            choices += ["a power"] * any(f.power is not None for f in readings)
            self.fail(
                node.at, f"'{self.shown(node)}' may be {' or '.join(dict.fromkeys(choices))}", "Name it another way."
            )
        if kronecker:
            return self._delta(node)
        if not readings:
            return self._constant(node)
        return self.entry(node, readings[0])

    def entry(self, node: tex.Symbol, found: Found) -> Array:
        """The entries of a tensor that a symbol names."""
        array = self.entries(self.tensor(found.name, node.at), found.items, node)
        if found.power is None:
            return array
        exponent = scalar(ex.Number(int(found.power.text[:8])))
        return self.power(node, self.quantity(array), exponent, False)

    def _constant(self, node: tex.Symbol) -> Array:
        bare = not (node.below or node.label or node.time or node.primes)
        if bare and node.base in self.letters:
            self.fail(node.at, f"index {node.base} cannot stand as a number", "Positions count from 0 in some texts.")
        if bare and node.base in self.names.extents:
            return self._plain(node, Array((), ex.size(Position.of(Extent.of(node.base))), "integer"))
        if bare and node.base == "pi":
            return self._plain(node, scalar(ex.Constant("pi")))
        if bare and node.base == "e" and node.plain is not None:
            return scalar(ex.Call("exp", (ex.Number(int(node.plain.text[:3])),)))
        if bare and node.base == "I" and node.plain is None:
            row, column = (self.new(e) for e in [open_extent(self.numbers)] * 2)
            return Array((row, column), ex.guard(Domain.equal(Position.of(row), Position.of(column)), ex.ONE))
        self.unknown(node)

    def _plain(self, node: tex.Symbol, array: Array) -> Array:
        if node.plain is None:
            return array
        return self.power(node, array.real(), scalar(ex.Number(int(node.plain.text[:8]))), False)

    def unknown(self, node: tex.Symbol) -> NoReturn:
        """Raise that nothing is known by a name."""
        label = "".join(item.text for item in node.below) or (node.label.text if node.label else "")
        near = close(f"{node.base}_{label}" if label else node.base, set(self.names.tensors))
        hint = f"Did you mean {near}?" if near else "Define it in a line above, or name it as the network does."
        self.fail(node.at, f"nothing is known by the name '{self.shown(node)}'", hint)

    def shown(self, node: tex.Node) -> str:
        """A symbol as it stands in the text, in at most 40 characters."""
        scripts = (
            [i for i in (*node.below, node.label, node.time, node.plain) if i] if isinstance(node, tex.Symbol) else []
        )
        word = WORD.match(self.text, node.at)
        end = max([word.end() if word else node.at + 1, *(i.at + len(i.text) for i in scripts)])
        while end < len(self.text) and self.text[end] in CLOSING:
            part = self.text[node.at : end]
            if sum(c in OPENING for c in part) <= sum(c in CLOSING for c in part):
                break
            end += 1
        return " ".join(self.text[node.at : min(end, node.at + 40)].split())

    def tensor(self, name: str, at: int) -> Array:
        """The array of a tensor."""
        meaning = self.names.tensor(name)
        if meaning is None:
            self.fail(at, f"{name} is read before it is given", f"Write the line for {name} above this one.")
        if meaning.blocked:
            (self.shape_fail if meaning.unfit else self.fail)(at, f"{name} has no value: {meaning.blocked}")
        self.read[name] = f"{name} {shape_text(meaning.tensor.axes)} is {meaning.words}"
        return self._array(meaning)

    def _array(self, meaning: Meaning) -> Array:
        tensor = meaning.tensor
        axes = tuple(None if extent == ONE else self.new(extent) for extent in tensor.axes)
        positions = [Position.of(0 if axis is None else axis) for axis in axes]
        if tensor.dtype == "integer":
            return Array(axes, ex.IndexValue(Position.of(Gather(tensor.name, positions))), "integer")
        return Array(axes, Read(tensor.name, positions))

    def entries(self, array: Array, items: tuple[tex.Item, ...], node: tex.Symbol) -> Array:
        """The entries that letters name; axes without a letter stay."""
        if not items:
            return array
        if array.kind == "integer" and len(items) > len(array.axes):
            array = self.quantity(array)
        places = self._places(array, items, node)
        mapping: dict[Index, Position] = {}
        words = f"'{self.shown(node)}'"
        for place, item in zip(places, items, strict=True):
            axis = array.axes[place]
            position = self.use(item, array.shape[place], words)
            if axis is not None:
                mapping[axis] = position
        # axes of extent 1 go where every other one has a letter
        whole = all(axis is None or k in places for k, axis in enumerate(array.axes))
        rest = () if whole else tuple(axis for k, axis in enumerate(array.axes) if k not in places)
        return Array(rest, array.moved(mapping), array.kind)

    def _places(self, array: Array, items: tuple[tex.Item, ...], node: tex.Symbol) -> list[int]:
        """The axis of each letter."""
        rank = len(array.axes)
        wide = [k for k, axis in enumerate(array.axes) if axis is not None]
        if len(items) == rank:
            return list(range(rank))
        if len(items) == len(wide):
            return wide
        first = rank > 0 and bool(array.shape[0].names)
        if len(items) == 1 and rank >= 3 and first and (node.time is not None or items[0].text[0] in "ts"):
            return [1]
        if len(items) < rank and first:
            return list(range(len(items)))
        shape = shape_text(array.shape)
        if len(items) > rank:
            self.shape_fail(node.at, f"'{self.shown(node)}' has {len(items)} indices on shape {shape}")
        hint = "Write all its indices."
        self.fail(
            node.at, f"it is not clear which axes of shape {shape} the indices of '{self.shown(node)}' are on", hint
        )

    def _kronecker(self, node: tex.Symbol) -> bool:
        plain = node.label is None and node.time is None and node.plain is None and not node.primes
        return plain and node.base == DELTA and len(node.below) == 2 and all(i.kind == "letter" for i in node.below)

    def _delta(self, node: tex.Symbol) -> Array:
        a, b = (self.letter(item) for item in node.below)
        a.alike.append(b)
        b.alike.append(a)
        left, right = (Position.of(x.index) + item.shift for x, item in zip((a, b), node.below, strict=True))
        return scalar(ex.guard(Domain.equal(left, right), ex.ONE))

    # -- adjoints ------------------------------------------------------------------------------------------------

    def _adjoint(self, found: Adjoint) -> Array:
        """The entries of an adjoint."""
        array = self.entry(found.symbol, replace(found.of, name=found.name))
        return self.fit(found.symbol.at, "the transpose", transposed, array) if found.is_transposed else array

    def adjoint(self, node: tex.Differential | tex.Gradient) -> Adjoint:
        """What dW or a gradient is."""
        if isinstance(node, tex.Gradient):
            self.check_loss(node.loss)
        elif node.partial:
            self.fail(node.at, r"\partial stands alone; expected \frac{\partial L}{\partial W}")
        return self.adjoint_of(node.of)

    def quotient(self, node: tex.Binary) -> Adjoint:
        """What a quotient of differentials is."""
        assert isinstance(node.left, tex.Differential) and isinstance(node.right, tex.Differential)
        self.check_loss(node.left.of)
        return self.adjoint_of(node.right.of)

    def check_loss(self, node: tex.Node) -> None:
        """Only derivatives of the loss are read."""
        while isinstance(node, tex.Group):
            node = node.inner
        bare = isinstance(node, tex.Symbol) and not (node.below or node.label or node.primes or node.plain)
        meaning = self.names.tensor(node.base) if isinstance(node, tex.Symbol) else None
        loss = bare and isinstance(node, tex.Symbol) and node.base in LOSSES
        other = meaning is not None and meaning.words == OF_NETWORK and meaning.tensor.role != "loss"
        if not loss or other:
            message = "this is no derivative of the loss; expected L, which documents also call J, E, C or \\ell"
            self.fail(
                node.at, message, "Other derivatives are not read; write out what they are, or comment the line out."
            )

    def adjoint_of(self, node: tex.Node) -> Adjoint:
        """The adjoint of a tensor of the network."""
        flipped = isinstance(node, tex.Transpose)
        node = node.inner if isinstance(node, tex.Transpose) else node
        if not isinstance(node, tex.Symbol):
            self.fail(node.at, "a derivative is taken by a tensor; expected its name")
        return Adjoint(node, self.single(node), flipped)

    def single(self, node: tex.Symbol) -> Found:
        """The one tensor of the network that a symbol is."""
        found = self.lookup.find(node, lambda name: name in self.letters)
        if not found:
            self.unknown(node)
        if len({f.name for f in found}) > 1:
            self.fail(
                node.at, f"'{self.shown(node)}' may be {' or '.join(f.name for f in found)}", "Name it another way."
            )
        return found[0]

    # -- conditions ----------------------------------------------------------------------------------------------

    def _indicator(self, node: tex.Indicator) -> Array:
        found = [self.condition(c) for c in node.conditions]
        whole = found[0]
        for other in found[1:]:
            whole = self.fit(node.at, "the conditions", lambda a, b: joined(ex.mul, a, b), whole, other)
        return whole.real()

    def condition(self, node: tex.Comparison) -> Array:
        """A mask: of letters and labels by position, of numbers by their values."""
        left, right = self._position(node.left), self._position(node.right)
        if left is not None and right is not None:
            return self._of_positions(node, left, right)
        a, b = self.value(node.left), self.value(node.right)
        compare = lambda x, y: ex.Where(ex.Compare(x, node.op, y), ex.ONE, ex.ZERO)  # noqa: E731
        return self.fit(node.at, "the comparison", lambda x, y: joined(compare, x, y), a, b)

    def _position(self, node: tex.Node) -> Array | None:
        """A letter, or an entry of labels, as a position; None for anything else."""
        if not isinstance(node, tex.Symbol):
            return None
        if node.base in self.letters and not (node.below or node.label or node.plain):
            return Array((), ex.IndexValue(Position.of(self.letters[node.base].index)), "integer")
        found = self._found(node)
        meaning = self.names.tensor(found[0].name) if len(found) == 1 else None
        if meaning is None or meaning.tensor.dtype != "integer":
            return None
        return self.meaning(node)

    def _of_positions(self, node: tex.Comparison, left: Array, right: Array) -> Array:
        a, b = left.position, right.position
        assert a is not None and b is not None
        self._learn(node, left, right)
        if node.op not in ("==", "!=") or left.axes or right.axes:
            self.fail(node.at, "indices and labels are only compared for equality, entry by entry")
        equal = ex.guard(Domain.equal(a, b), ex.ONE)
        return scalar(equal if node.op == "==" else _minus(ex.ONE, equal))

    def _learn(self, node: tex.Comparison, left: Array, right: Array) -> None:
        """A letter that is compared with a label runs over the classes; two letters run over the same."""
        sides = [(node.left, left), (node.right, right)]
        letters = [self.letters[n.base] for n, _ in sides if isinstance(n, tex.Symbol) and n.base in self.letters]
        if len(letters) == 2:
            letters[0].alike.append(letters[1])
            letters[1].alike.append(letters[0])
        for _, array in sides:
            atom = array.position.atom if array.position is not None else None
            if isinstance(atom, Gather) and len(letters) == 1:
                high = next((m.tensor.high for m in self.names.tensors.values() if m.tensor.name == atom.tensor), None)
                if letters[0].extent is None:
                    letters[0].extent, letters[0].words = high, "the labels"

    def _cases(self, node: tex.Cases) -> Array:
        values = [self.value(v) for v in node.values]
        whole = values[-1] if len(values) > len(node.conditions) else None
        if whole is None:
            hint = r"Write \text{otherwise} for the last case."
            self.fail(node.at, "it is not clear what holds where no condition does", hint)
        for value, comparison in reversed(list(zip(values[:-1], node.conditions, strict=True))):
            mask = self.condition(comparison)
            whole = self._chosen(node, mask, value, whole)
        return whole

    def _chosen(self, node: tex.Cases, mask: Array, then: Array, otherwise: Array) -> Array:
        def pick(m: ex.Expr, a: ex.Expr, b: ex.Expr) -> ex.Expr:
            condition = m.condition if isinstance(m, ex.Where) else ex.Compare(m, "!=", ex.ZERO)
            return ex.where(condition, a, b)

        for other in (then, otherwise):
            self.fit(node.at, "the cases", lambda a, b: joined(ex.mul, a, b), mask, other)
        return self.fit(node.at, "the cases", lambda m, a, b: elementwise(pick, m, a, b), mask, then, otherwise)

    # -- the end -------------------------------------------------------------------------------------------------

    def settled(self, array: Array, at: int) -> Array:
        """The array, of which every extent must be known by now."""
        sizes = [i.extent for i in ex.all_indices(array.body)] + list(array.shape)
        sizes += [n.position.offset for n in ex.walk(array.body) if isinstance(n, ex.IndexValue)]
        if any(is_open(extent) for extent in sizes):
            self.fail(at, r"the length of \mathbf 1 or I does not follow from this formula")
        return array


__all__ = ["Reader", "closed"]
