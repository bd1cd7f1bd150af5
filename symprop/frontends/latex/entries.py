r"""Tensors and their entries: `W_2`, `W_{ij}`, `h_{t-1}`, `\delta_{ij}`.

Enters: symbols.  Leaves: arrays.  An entry is a number whose indices are letters, so that matrix notation and index
notation can stand in one formula.
"""

from __future__ import annotations

from typing import NoReturn

from symprop.frontends.arrays import Array, scalar, shape_text
from symprop.frontends.latex import nodes as tex
from symprop.frontends.latex.faults import Faults
from symprop.frontends.latex.letters import Letter
from symprop.frontends.latex.lookup import DELTA, Found
from symprop.frontends.latex.shapes import open_extent
from symprop.frontends.names import Meaning, before
from symprop.language import Domain, Extent, Gather, Index, Position, Read
from symprop.language import expressions as ex
from symprop.language.extents import ONE
from symprop.spec.places import close


class Entries(Faults):
    """A formula whose symbols are read."""

    def power(self, node: tex.Node, base: Array, exponent: Array, entrywise: bool) -> Array:
        """A power."""
        raise TypeError

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
        """The position a letter, or a sum of them, stands for on an axis."""
        if item.kind == "sum":
            return self._sum(item)
        letter = self.letter(item)
        if letter.extent is not None and letter.extent != extent:
            here = f"{letter.extent} entries in {letter.words} and over {extent} in {words}"
            self.shape_fail(item.at, f"index {item.text} runs over {here}")
        letter.extent, letter.words = extent, letter.words or words
        return Position.of(letter.index) + item.shift

    def _sum(self, item: tex.Item) -> Position:
        """The position that a sum of letters and entries of integer tensors stands for, on whatever axis."""
        position = Position.of(item.shift)
        for factor, symbol in item.terms:
            found = self.place_of(symbol)
            if found is None:
                if len(symbol.letter) == 1:
                    self.letter(tex.Item(symbol.at, symbol.letter, "letter"))
                self.fail(symbol.at, f"'{self.shown(symbol)}' is no index and no integer tensor")
            position = position + found * factor
        return position - self.first(item.at)

    def first(self, at: int) -> int:
        """The number that the document gives the first entry of an axis."""
        if self.names.first is None:
            message = "it is not clear whether indices count from 0 or from 1, on which this depends"
            self.fail(at, message, "Say so in the document: % symprop: first_index: 0")
        return self.names.first

    def place_of(self, symbol: tex.Symbol) -> Position | None:
        """A letter or an entry of an integer tensor as the document counts it; None of anything else."""
        first = self.names.first or 0
        if symbol.letter in self.letters:
            return Position.of(self.letters[symbol.letter].index) + first
        found = self._found(symbol)
        meaning = self.names.tensor(found[0].name) if len(found) == 1 else None
        if meaning is None or meaning.tensor.dtype != "integer":
            return None
        entry = self.entry(symbol, found[0])
        return None if entry.position is None or entry.axes else entry.position + first

    def _found(self, node: tex.Symbol) -> list[Found]:
        return self.lookup.find(node, lambda name: name in self.letters)

    def symbol(self, node: tex.Symbol) -> Array:
        """A tensor or entries of one, an adjoint, a Kronecker delta, an extent or a constant."""
        found = self._found(node)
        kronecker = self._kronecker(node)
        in_scope = self.letters.__contains__
        adjoints = [] if found or kronecker else self.lookup.find(node, in_scope, by_itself=False)
        if found and node.base in self.letters and not (node.below or node.label or node.time):
            self.fail(node.at, f"'{self.shown(node)}' may be the index or {found[0].name}", "Choose another letter.")
        readings = [*found, *adjoints]
        if len(readings) + kronecker > 1:
            choices = [f.name for f in readings] + ["the Kronecker delta"] * kronecker
            choices += ["a power"] * any(f.power is not None for f in readings)
            self.fail(
                node.at,
                f"'{self.shown(node)}' may be {' or '.join(dict.fromkeys(choices))}",
                r"Write \mathrm{d}Z_{ij} or [i = j]." if kronecker else "Name it another way.",
            )
        if kronecker:
            return self._delta(node)
        if not readings:
            letters = [item.kind for item in node.below] == ["letter"] * 2
            return self._delta(node) if node.base == DELTA and letters else self._constant(node)
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
        short = self.lookup.find(node, lambda name: name in self.letters, short=True)
        if len(short) == 1:
            return self.entry(node, short[0])
        self.unknown(node)

    def _plain(self, node: tex.Symbol, array: Array) -> Array:
        if node.plain is None:
            return array
        return self.power(node, array.real(), scalar(ex.Number(int(node.plain.text[:8]))), False)

    def unknown(self, node: tex.Symbol) -> NoReturn:
        """Raise that nothing is known by a name."""
        label = "".join(item.text for item in node.below) or (node.label.text if node.label else "")
        near = close(f"{node.base}_{label}" if label else node.base, set(self.names.tensors))
        near = near or self.lookup.choices(node.base)
        hint = f"Did you mean {near}?" if near else "Define it in a line above, or name it as the network does."
        hint = (not label and self.names.counted(node.base)) or hint
        self.fail(node.at, f"nothing is known by the name '{self.shown(node)}'", hint)

    def tensor(self, name: str, at: int) -> Array:
        """The array of a tensor."""
        meaning = self.names.tensor(name)
        if meaning is None:
            self.fail(at, f"{name} is read before it is given", before(name))
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

    def quantity(self, array: Array) -> Array:
        """Labels as one-hot rows, which is what they are in a formula; anything else as it is."""
        position = array.position if array.kind == "integer" else None
        atom = position.atom if position is not None else None
        if position is None or not isinstance(atom, Gather):
            return array.real()
        extent = next((m.tensor.high for m in self.names.tensors.values() if m.tensor.name == atom.tensor), None)
        column = self.new(extent or ONE)
        return Array((*array.axes, column), ex.guard(Domain.equal(position, Position.of(column)), ex.ONE))

    def entries(self, array: Array, items: tuple[tex.Item, ...], node: tex.Symbol | tex.Entry) -> Array:
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

    def _places(self, array: Array, items: tuple[tex.Item, ...], node: tex.Symbol | tex.Entry) -> list[int]:
        """The axis of each letter."""
        rank = len(array.axes)
        wide = [k for k, axis in enumerate(array.axes) if axis is not None]
        if len(items) == rank:
            return list(range(rank))
        if len(items) == len(wide):
            return wide
        first = rank > 0 and bool(array.shape[0].names)
        if len(items) == 1 and rank >= 3 and first and (_at_a_time(node) or items[0].text[0] in "ts"):
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
        letters = len(node.below) == 2 and all(item.text in self.letters for item in node.below)
        return plain and node.base == DELTA and letters

    def _delta(self, node: tex.Symbol) -> Array:
        a, b = (self.letter(item) for item in node.below)
        a.alike.append(b)
        b.alike.append(a)
        left, right = (Position.of(x.index) + item.shift for x, item in zip((a, b), node.below, strict=True))
        return scalar(ex.guard(Domain.equal(left, right), ex.ONE))


def _at_a_time(node: tex.Symbol | tex.Entry) -> bool:
    """True of a symbol whose time is written in angle brackets."""
    return isinstance(node, tex.Symbol) and node.time is not None
