"""From index notation to matrices: sum[n](A[n,i]*D[n,j]) is A^T D.

Enters: the right side of an equation.  Leaves: a `Node` whose entry at the equation's indices is that right
side, or None where there is no matrix form.  Every rule is an identity of matrix algebra; the nodes refuse axes
that do not fit.  Reads are recognised only where each index runs over the whole of its axis, so that nothing is
shifted, padded or cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from symprop.language import Equation, Index, Network, Tensor
from symprop.language import expressions as ex
from symprop.network.shapes import BATCH
from symprop.report.matrix import (
    NO_AXES,
    Axes,
    Choice,
    Diagonal,
    Elementwise,
    Named,
    Node,
    Ones,
    Power,
    Product,
    Scalar,
    Scaled,
    Softmax,
    Sum,
    Transposed,
    hadamard,
    scaled,
    spread,
    times,
    transpose,
)
from symprop.report.patterns import one_hot, softmax_of


def matrix_form(equation: Equation, network: Network, prefix: str = "d") -> tuple[Node, Node] | None:
    """Left and right side of an equation as matrices, None where it has no such form.

    A row of sums, `b = D^T 1`, is given transposed on both sides, `b^T = 1^T D`, as it is usually written.
    """
    left = Recogniser(network.tensors, (), prefix).named(equation.target, equation)
    if left is None or equation.domain:
        return None
    right = Recogniser(network.tensors, equation.free, prefix, network.layout).node(equation.body)
    fitted = None if right is None else spread(right, left.axes)
    if fitted is None:
        return None
    if len(left.labels) == 1 and any(_sums_rows(t) for t in _terms(fitted)):
        return transpose(left), transpose(fitted)
    return left, fitted


def expression_form(
    expr: ex.Expr, order: Sequence[Index], tensors: Mapping[str, Tensor], prefix: str = "d", layout: str = "rows"
) -> Node | None:
    """A part of a right side as matrices, rows of sums as in `matrix_form`; None where it has no such form."""
    node = Recogniser(tensors, order, prefix, layout).node(expr)
    rows = node is not None and len(node.labels) == 1 and any(map(_sums_rows, _terms(node)))
    return transpose(node) if node is not None and rows else node


def _terms(node: Node) -> tuple[Node, ...]:
    return node.terms if isinstance(node, Sum) else (node,)


def _sums_rows(node: Node) -> bool:
    """True for D^T 1, whose transpose 1^T D is shorter."""
    inner = node.of if isinstance(node, Scaled) else node
    if not isinstance(inner, Product):
        return False
    return isinstance(inner.factors[0], Transposed) and isinstance(inner.factors[-1], Ones)


class Recogniser:
    """Matrix forms of expressions.

    Args:
        tensors: declarations; an adjoint has the axes of its tensor.
        order: indices of the left side; the first of two becomes the rows where the expression leaves the choice.
        prefix: what the names of adjoints begin with.
        layout: of the network, which says along which axis a softmax is meant to act.
    """

    def __init__(
        self, tensors: Mapping[str, Tensor], order: Sequence[Index] = (), prefix: str = "d", layout: str = "rows"
    ) -> None:
        self.tensors, self.order, self.prefix, self.layout = tensors, tuple(order), prefix, layout

    def named(self, target: str, equation: Equation) -> Node | None:
        """The left side of an equation, None where an index is compound or does not run over its axis."""
        return self._read(target, [p.index for p in equation.indices])

    def node(self, expr: ex.Expr) -> Node | None:
        """The matrix form of an expression over its free indices."""
        if not ex.free_indices(expr) and not any(isinstance(n, ex.Reduce | ex.Guard) for n in ex.walk(expr)):
            return Scalar(NO_AXES, expr)
        match expr:
            case ex.Read():
                return self._read(expr.tensor, [p.index for p in expr.indices])
            case ex.Add():
                return self._sum(expr)
            case ex.Mul():
                return self._softmax(expr) or self._product(expr)
            case ex.Pow():
                return self._power(expr)
            case ex.Call():
                args = self._aligned(expr.args)
                return Elementwise(args[0].axes, expr.name, args) if args else None
            case ex.Where():
                return self._choice(expr)
            case ex.Guard():
                return one_hot(expr, self.tensors)
            case ex.Reduce() if expr.op == "sum" and not expr.domain:
                return self._contraction(expr)
        return None

    # -- entry by entry ------------------------------------------------------------------------------------------

    def _read(self, name: str, indices: Sequence[Index | None]) -> Node | None:
        tensor = self._declared(name)
        if tensor is None or tensor.dtype != "real" or len(tensor.axes) != len(indices):
            return None
        plain = [i for i in indices if i is not None]
        if len(set(plain)) != len(indices) or [i.extent for i in plain] != list(tensor.axes):
            return None
        return Named(_columns(plain), name)

    def _declared(self, name: str) -> Tensor | None:
        return self.tensors.get(name) or self.tensors.get(name.removeprefix(self.prefix))

    def _aligned(self, exprs: Iterable[ex.Expr]) -> tuple[Node, ...] | None:
        """Nodes with the same axes, those that lack an axis repeated along it."""
        nodes = [self.node(e) for e in exprs]
        known = [n for n in nodes if n is not None]
        axes = self._common(known)
        if len(known) != len(nodes) or axes is None:
            return None
        fitted = [spread(n, axes) for n in known]
        return None if None in fitted else tuple(n for n in fitted if n is not None)

    def _common(self, nodes: Sequence[Node]) -> Axes | None:
        """Axes on which all nodes fit: those of the first widest node, else the indices in order."""
        labels = list(dict.fromkeys(label for n in nodes for label in n.labels))
        widest = max(nodes, key=lambda n: len(n.labels), default=None)
        if widest is None or len(widest.labels) == len(labels):
            return None if widest is None else _standing(widest.axes)
        return _columns(sorted(labels, key=self._rank)) if len(labels) <= 2 else None

    def _rank(self, index: Index) -> int:
        return self.order.index(index) if index in self.order else len(self.order)

    def _sum(self, expr: ex.Add) -> Node | None:
        terms = self._aligned(expr.terms)
        return Sum(terms[0].axes, terms) if terms else None

    def _power(self, expr: ex.Pow) -> Node | None:
        base, exponent = self.node(expr.base), ex.number(expr.exponent)
        return Power(base.axes, base, exponent) if base is not None and exponent is not None else None

    def _choice(self, expr: ex.Where) -> Node | None:
        condition = expr.condition
        if not isinstance(condition, ex.Compare):
            return None
        nodes = self._aligned((condition.left, condition.right, expr.then, expr.otherwise))
        if not nodes:
            return None
        left, right, then, otherwise = nodes
        return Choice(left.axes, left, condition.op, right, then, otherwise)

    def _softmax(self, expr: ex.Mul) -> Node | None:
        found = softmax_of(expr)
        logits = None if found is None else self.node(found[0])
        if found is None or logits is None or isinstance(logits, Transposed) or not logits.labels:
            return None
        own = logits.labels
        is_batch = self.layout == "columns" and len(own) > 1 and own[-1].extent == BATCH
        return Softmax(logits.axes, logits, found[1]) if own[-2 if is_batch else -1] == found[1] else None

    # -- products and sums over indices --------------------------------------------------------------------------

    def _product(self, expr: ex.Mul) -> Node | None:
        return self._combined([self.node(f) for f in expr.factors])

    def _combined(self, nodes: Sequence[Node | None]) -> Node | None:
        """The product entry by entry: u[n]*M[n,j]*v[j] is diag(u) M diag(v), and u[n]*v[j] alone is u v^T."""
        known = [n for n in nodes if n is not None]
        if len(known) != len(nodes):
            return None
        scalars, factors = _without_scalars(known)
        labels = list(dict.fromkeys(label for f in factors for label in f.labels))
        if not factors:
            return _scalar_product(scalars)
        if len(labels) > 2:
            same = all(f.axes == factors[0].axes for f in factors)
            return scaled(scalars, hadamard(factors)) if same else None
        full = [f for f in factors if len(f.labels) == len(labels)]
        if len(labels) == 1:
            return scaled(scalars, hadamard([_column(f) for f in full]))
        return scaled(scalars, self._two_axes(full, [f for f in factors if len(f.labels) == 1], labels))

    def _two_axes(self, full: Sequence[Node], vectors: Sequence[Node], labels: list[Index]) -> Node:
        rows, columns = full[0].labels if full else sorted(labels, key=self._rank)
        left = [_column(v) for v in vectors if v.labels == (rows,)]
        right = [_column(v) for v in vectors if v.labels == (columns,)]
        if not full:
            return times(hadamard(left), transpose(hadamard(right)))
        return times(*_diagonal(left), _entrywise(full, rows, columns), *_diagonal(right))

    def _contraction(self, expr: ex.Reduce) -> Node | None:
        """Bound indices are summed over one after another, in any order that meets only matrices."""
        factors = expr.body.factors if isinstance(expr.body, ex.Mul) else (expr.body,)
        nodes: list[Node] = []
        whole = self._softmax(expr.body) if isinstance(expr.body, ex.Mul) else None
        for found in [whole] if whole is not None else map(self.node, factors):
            if found is None:
                return None
            nodes.append(found)
        missing = set(expr.indices) - {label for n in nodes for label in n.labels}
        return None if missing else self._summed(nodes, expr.indices)

    def _summed(self, nodes: list[Node], bound: Sequence[Index]) -> Node | None:
        if not bound:
            return self._combined(nodes)
        scalars, factors = _without_scalars(nodes)
        for index in bound:
            touching = [f for f in factors if index in f.labels]
            one = self._over(index, touching)
            if one is not None:
                rest = [f for f in factors if index not in f.labels]
                done = self._summed([*rest, one], [i for i in bound if i != index])
                if done is not None:
                    return scaled(scalars, done)
        return None

    def _over(self, index: Index, factors: Sequence[Node]) -> Node | None:
        """The sum over one index of factors that all have it."""
        others = list(dict.fromkeys(label for f in factors for label in f.labels if label != index))
        if len(others) > 2 or any(len(f.labels) > 2 for f in factors):
            return None
        vectors = [_column(f) for f in factors if len(f.labels) == 1]
        groups = [_entrywise([f for f in factors if o in f.labels], o, index) for o in self._sorted(others)]
        if not groups:
            first = transpose(vectors[0]) if len(vectors) > 1 else transpose(Ones((index, None)))
            return times(first, hadamard(vectors[1:] or vectors))
        if len(groups) == 1:
            return times(groups[0], hadamard(vectors) if vectors else Ones((index, None)))
        return times(groups[0], *_diagonal(vectors), transpose(groups[1]))

    def _sorted(self, labels: Iterable[Index]) -> list[Index]:
        return sorted(labels, key=self._rank)


def _columns(labels: Sequence[Index]) -> Axes:
    return (*labels, *([None] * (2 - len(labels))))


def _standing(axes: Axes) -> Axes:
    """Vectors stand as columns."""
    return (axes[1], None) if len(axes) == 2 and axes[0] is None else axes


def _column(node: Node) -> Node:
    return transpose(node) if node.axes[0] is None else node


def _entrywise(factors: Sequence[Node], rows: Index, columns: Index) -> Node:
    """The product entry by entry of matrices over two indices; where it needs a transpose, one of the whole."""
    first = factors[0].axes
    product = hadamard([f if f.axes == first else transpose(f) for f in factors])
    return product if first == (rows, columns) else transpose(product)


def _diagonal(vectors: Sequence[Node]) -> list[Node]:
    return [Diagonal((vectors[0].axes[0], vectors[0].axes[0]), hadamard(vectors))] if vectors else []


def _without_scalars(nodes: Iterable[Node]) -> tuple[list[Node], list[Node]]:
    """(factors without axes, those with axes, the scalars in front of which have been drawn out)."""
    scalars: list[Node] = []
    factors: list[Node] = []
    for node in nodes:
        if isinstance(node, Scaled):
            scalars += node.scalars
            node = node.of
        (factors if node.labels else scalars).append(node)
    return scalars, factors


def _scalar_product(scalars: Sequence[Node]) -> Node:
    plain = [s.expr for s in scalars if isinstance(s, Scalar)]
    other = [s for s in scalars if not isinstance(s, Scalar)]
    front: list[Node] = [Scalar(NO_AXES, ex.mul(*plain))] if plain else []
    return scaled([*front, *other[:-1]], other[-1]) if other else front[0]
