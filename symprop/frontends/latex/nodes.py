"""The syntax tree of a formula in LaTeX: what was written, before anything is known of its names.

Every node knows the offset in the text at which it begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction


@dataclass(frozen=True)
class Node:
    """Base of syntax nodes."""

    at: int

    def children(self) -> Iterator[Node]:
        """Nodes below this one."""
        for field in fields(self):
            value = getattr(self, field.name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Node):
                    yield part


@dataclass(frozen=True)
class Item(Node):
    """One piece of a script: `ij` are two, `fc` upright is one; `t-1` is t with shift -1, `2p+u` a sum.

    Args:
        text: the letter with its primes, the word, the number or the sum.
        kind: "letter", "word", "number", or "sum" of letters and integer tensors.
        shift: what is added to it.
        terms: of a sum, each with its factor.
    """

    text: str
    kind: str
    shift: int = 0
    terms: tuple[tuple[int, Symbol], ...] = ()

    @property
    def is_index(self) -> bool:
        """True of what can stand on an axis."""
        return self.kind in ("letter", "sum")

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters it is made of, as far as they stand alone."""
        if self.kind != "sum":
            return (self.text,)
        return tuple(symbol.letter for _, symbol in self.terms if symbol.letter)


@dataclass(frozen=True)
class Numeral(Node):
    """A number."""

    value: Fraction


@dataclass(frozen=True)
class Symbol(Node):
    r"""A letter or word with its scripts: `W_{2,ij}`, `\hat y`, `W^{[2]}`, `h^{\langle t \rangle}`.

    Args:
        base: its name, `W`, `gamma`, `y_hat`.
        below: the subscript.
        label: a superscript in brackets, or None.
        time: a superscript in angle brackets, or None.
        primes: number of primes behind it.
        plain: an unbracketed superscript of digits, which may be a power or a label; or None.
        example: the letter in a second pair of brackets, `z^{[2](i)}`, or None.
    """

    base: str
    below: tuple[Item, ...] = ()
    label: Item | None = None
    time: Item | None = None
    primes: int = 0
    plain: Item | None = None
    example: Item | None = None

    @property
    def letter(self) -> str:
        """The letter with its primes, "" of a symbol with scripts."""
        scripted = self.below or self.label or self.time or self.plain or self.example
        return "" if scripted else self.base + "'" * self.primes


@dataclass(frozen=True)
class Binary(Node):
    r"""Two operands: + - and the products: "" for juxtaposition, `\cdot`, `\odot`, `\oslash`, `*`, `\times`, /."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Negative(Node):
    """Minus something."""

    inner: Node


@dataclass(frozen=True)
class Differential(Node):
    r"""`dW`, and `\partial W` where it is partial."""

    of: Node
    partial: bool


@dataclass(frozen=True)
class Gradient(Node):
    r"""`\nabla_W L`."""

    of: Node
    loss: Node


@dataclass(frozen=True)
class Power(Node):
    """A power; of an array, entry by entry if that is written."""

    base: Node
    exponent: Node
    elementwise: bool = False


@dataclass(frozen=True)
class Transpose(Node):
    """A transposed array."""

    inner: Node


@dataclass(frozen=True)
class Root(Node):
    """The root of some degree."""

    inner: Node
    degree: Node | None


@dataclass(frozen=True)
class Call(Node):
    """A function of arguments."""

    function: Symbol
    args: tuple[Node, ...]


@dataclass(frozen=True)
class Bars(Node):
    r"""`|x|`, or `\|x\|` where it is double."""

    inner: Node
    double: bool


@dataclass(frozen=True)
class Ones(Node):
    r"""`\mathbf 1`."""


@dataclass(frozen=True)
class Comparison(Node):
    """`left op right`."""

    left: Node
    op: str
    right: Node


@dataclass(frozen=True)
class Indicator(Node):
    """1 where the conditions hold, 0 elsewhere."""

    conditions: tuple[Comparison, ...]


@dataclass(frozen=True)
class Cases(Node):
    """Values with their conditions; the last one is for all that is left."""

    values: tuple[Node, ...]
    conditions: tuple[Comparison, ...]


@dataclass(frozen=True)
class Block(Node):
    """A matrix of matrices, row by row."""

    rows: tuple[tuple[Node, ...], ...]

    def children(self) -> Iterator[Node]:
        """The parts, row by row."""
        for row in self.rows:
            yield from row


@dataclass(frozen=True)
class Summation(Node):
    """A sum over letters.

    Args:
        letters: what it runs over.
        lower: the number or position each letter begins at, None where that is not said.
        upper: its upper limit, or None.
        conditions: what must hold of the letters, `k \\ne i`, `s \\le t`.
        body: what is added.
    """

    letters: tuple[Item, ...]
    lower: tuple[Node | None, ...]
    upper: Node | None
    conditions: tuple[Comparison, ...]
    body: Node


@dataclass(frozen=True)
class Entry(Node):
    """Entries of something in brackets: `(W x)_i`."""

    inner: Node
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Group(Node):
    """Something in brackets."""

    inner: Node


def unplaced(part: object) -> object:
    """What is written, wherever it stands: nodes that are the same but for their places are equal."""
    if isinstance(part, tuple):
        return tuple(unplaced(p) for p in part)
    if isinstance(part, Group):
        return unplaced(part.inner)
    if isinstance(part, Node):
        return (type(part), *(unplaced(getattr(part, f.name)) for f in fields(part) if f.name != "at"))
    return part


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it."""
    yield node
    for child in node.children():
        yield from walk(child)
