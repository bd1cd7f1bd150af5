"""Matrix expressions whose axes are indices, so that a shape, a transpose or a sum over the wrong axis cannot be
built.

Enters: tensors and scalars.  Leaves: immutable nodes, each with its axes: (rows, columns), None for an axis of
extent 1. A vector is a column, (i, None).  Elementwise nodes also exist for tensors of higher rank.  The entry
of a node at its axes is the scalar expression it was made from; nothing here knows how a node is written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from itertools import pairwise

from symprop.language import Expr, Index

Axes = tuple[Index | None, ...]


@dataclass(frozen=True)
class Node:
    """Base of matrix expressions.

    Args:
        axes: the index of each axis, None for an axis of extent 1.
    """

    axes: Axes

    @property
    def labels(self) -> tuple[Index, ...]:
        """The axes of an extent that is not 1."""
        return tuple(axis for axis in self.axes if axis is not None)


@dataclass(frozen=True)
class Named(Node):
    """A tensor by its name."""

    tensor: str


@dataclass(frozen=True)
class Scalar(Node):
    """A number, an extent or a scalar tensor."""

    expr: Expr


@dataclass(frozen=True)
class Ones(Node):
    """A column of ones."""


@dataclass(frozen=True)
class Transposed(Node):
    """The transpose of a matrix."""

    of: Node


@dataclass(frozen=True)
class Product(Node):
    """A product of matrices, the columns of each factor being the rows of the next."""

    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Diagonal(Node):
    """diag(v), rows and columns both with the index of v."""

    of: Node


@dataclass(frozen=True)
class Hadamard(Node):
    """A product entry by entry."""

    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Scaled(Node):
    """Scalars times a matrix."""

    scalars: tuple[Node, ...]
    of: Node


@dataclass(frozen=True)
class Sum(Node):
    """A sum of matrices of one shape."""

    terms: tuple[Node, ...]


@dataclass(frozen=True)
class Filled(Node):
    """A scalar in every entry."""

    of: Node


@dataclass(frozen=True)
class Elementwise(Node):
    """A scalar function of entries."""

    function: str
    args: tuple[Node, ...]


@dataclass(frozen=True)
class Power(Node):
    """Every entry to a power."""

    base: Node
    exponent: Fraction


@dataclass(frozen=True)
class Choice(Node):
    """Entries of `then` where `left op right` holds, of `otherwise` elsewhere."""

    left: Node
    op: str
    right: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True)
class Softmax(Node):
    """exp(a) / sum(exp(a)) along one of the axes."""

    of: Node
    along: Index


@dataclass(frozen=True)
class OneHot(Node):
    """Rows with a 1 at an integer label."""

    tensor: str


NO_AXES: Axes = (None, None)


def transpose(node: Node) -> Node:
    """The transpose, moved inwards through products and scalars."""
    if node.axes[0] is None and node.axes[1] is None:
        return node
    axes = (node.axes[1], node.axes[0])
    match node:
        case Transposed():
            return node.of
        case Diagonal():
            return node
        case Product():
            return Product(axes, tuple(transpose(f) for f in reversed(node.factors)))
        case Scaled():
            return Scaled(axes, node.scalars, transpose(node.of))
        case Filled():
            return Filled(axes, node.of)
        case Sum() if len(node.labels) == 1 or all(_holds_transpose(t) for t in node.terms):
            return Sum(axes, tuple(transpose(t) for t in node.terms))
    inside = _transposed_inside(node, axes)
    return inside if inside is not None and _count(inside) < 1 + _count(node) else Transposed(axes, node)


def _transposed_inside(node: Node, axes: Axes) -> Node | None:
    """What is entry by entry with its parts transposed; None of anything else."""
    match node:
        case Sum():
            return Sum(axes, tuple(map(transpose, node.terms)))
        case Hadamard():
            return Hadamard(axes, tuple(map(transpose, node.factors)))
        case Elementwise():
            return Elementwise(axes, node.function, tuple(map(transpose, node.args)))
        case Power():
            return Power(axes, transpose(node.base), node.exponent)
        case Choice():
            left, right, then, other = map(transpose, (node.left, node.right, node.then, node.otherwise))
            return Choice(axes, left, node.op, right, then, other)
    return None


def _count(node: Node) -> int:
    """The number of transposes of matrices in a node."""
    parts = [value for field in fields(node) if field.name != "axes" for value in _nodes(getattr(node, field.name))]
    return (isinstance(node, Transposed) and len(node.labels) == 2) + sum(map(_count, parts))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        yield from (item for item in value if isinstance(item, Node))


def _holds_transpose(node: Node) -> bool:
    return isinstance(node, Transposed | Filled) or (isinstance(node, Scaled) and _holds_transpose(node.of))


def times(*factors: Node) -> Node:
    """The matrix product; products of products are one."""
    flat: list[Node] = []
    for factor in factors:
        # of tanh(W^T X^T) and tanh(X W)^T the one with fewer transposes
        flat += factor.factors if isinstance(factor, Product) else (transpose(transpose(factor)),)
    for left, right in pairwise(flat):
        if left.axes[1] != right.axes[0]:
            raise ValueError(f"columns {left.axes[1]} meet rows {right.axes[0]} in a matrix product")
    whole = Product((flat[0].axes[0], flat[-1].axes[1]), tuple(flat)) if len(flat) > 1 else flat[0]
    return whole if whole.labels else _with_fewer_transposes(whole)


def _with_fewer_transposes(scalar: Node) -> Node:
    """A number is its own transpose: 1^T M 1 rather than 1^T M^T 1."""
    if not isinstance(scalar, Product):
        return scalar
    turned = Product(scalar.axes, tuple(transpose(f) for f in reversed(scalar.factors)))
    return turned if _transposes(turned) < _transposes(scalar) else scalar


def _transposes(product: Product) -> int:
    return sum(isinstance(f, Transposed) and len(f.labels) == 2 for f in product.factors)


def spread(node: Node, axes: Axes) -> Node | None:
    """The node repeated along axes it lacks, transposed where need be; None where that has no matrix form."""
    if node.axes == axes:
        return node
    if not node.labels:
        return Filled(axes, node)
    if isinstance(node, Scaled):
        inner = spread(node.of, axes)
        return None if inner is None else scaled(node.scalars, inner)
    if len(axes) != 2 or len(node.axes) != 2:
        return None
    rows, columns = axes
    if node.axes == (columns, rows):
        return transpose(node)
    if len(node.labels) == 1:
        column = node if node.axes[1] is None else transpose(node)
        label = node.labels[0]
        if label == rows and columns is not None:
            return times(column, transpose(Ones((columns, None))))
        if label == columns and rows is not None:
            return times(Ones((rows, None)), transpose(column))
    return None


def hadamard(factors: Sequence[Node]) -> Node:
    """The product entry by entry of nodes with the same axes."""
    axes = factors[0].axes
    if any(f.axes != axes for f in factors):
        raise ValueError("a product entry by entry of different axes")
    return factors[0] if len(factors) == 1 else Hadamard(axes, tuple(factors))


def scaled(scalars: Iterable[Node], of: Node) -> Node:
    """Scalars times a node; scalars in front of the node join them."""
    front = tuple(scalars)
    if isinstance(of, Scaled):
        front, of = (*front, *of.scalars), of.of
    return Scaled(of.axes, front, of) if front else of
