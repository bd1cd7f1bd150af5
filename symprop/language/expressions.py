"""Scalar expressions of indexed tensors: the right sides of equations.

Enters: numbers, positions and names.  Leaves: immutable expression trees, made by the constructors at the end (`add`,
`mul`, `power`, `guard`, `reduce_`), which flatten, fold numbers and nothing more: `2*(x - m)` stays as it was written.

Meaning.  A read of a real tensor outside its bounds is 0.  `Guard(d, e)` is e where the domain d holds, else 0; e
is not evaluated there, so 0*inf cannot arise.  A reduction runs over the points of its domain alone: an empty sum is 0,
and so is an empty maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction

from symprop.language.indices import EVERYWHERE, Domain, Gather, Index, Position
from symprop.language.node import Node

REDUCTIONS = ("sum", "max", "min", "argmax", "argmin")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


class Expr(Node):
    """Base of scalar expressions."""

    __slots__ = ()

    def children(self) -> tuple[Expr, ...]:
        """Direct subexpressions, in the order `rebuild` takes them."""
        return ()

    def rebuild(self, children: tuple[Expr, ...]) -> Expr:
        """The same node over other subexpressions."""
        return self

    def positions(self) -> tuple[Position, ...]:
        """Positions that stand in this node itself."""
        return ()

    def __str__(self) -> str:
        from symprop.language.printer import text

        return text(self)


class Number(Expr):
    """An exact rational number."""

    __slots__ = ("value",)
    value: Fraction

    def __init__(self, value: Fraction | int) -> None:
        self._set(Fraction(value))


class Constant(Expr):
    """A named real constant: pi."""

    __slots__ = ("name",)
    name: str

    def __init__(self, name: str) -> None:
        self._set(name)


class IndexValue(Expr):
    """A position as a number: an extent such as N, or an index such as t in a positional encoding."""

    __slots__ = ("position",)
    position: Position

    def __init__(self, position: Position) -> None:
        self._set(position)

    def positions(self) -> tuple[Position, ...]:
        """The position itself."""
        return (self.position,)


class Read(Expr):
    """An entry of a tensor, x[n, 2*p+u-1]; 0 outside the tensor's bounds."""

    __slots__ = ("indices", "tensor")
    tensor: str
    indices: tuple[Position, ...]

    def __init__(self, tensor: str, indices: Iterable[Position] = ()) -> None:
        self._set(tuple(indices), tensor)

    def positions(self) -> tuple[Position, ...]:
        """The positions read."""
        return self.indices


class Add(Expr):
    """Sum of terms."""

    __slots__ = ("terms",)
    terms: tuple[Expr, ...]

    def __init__(self, terms: Iterable[Expr]) -> None:
        self._set(tuple(terms))

    def children(self) -> tuple[Expr, ...]:
        """The terms."""
        return self.terms

    def rebuild(self, children: tuple[Expr, ...]) -> Expr:
        """Sum of other terms."""
        return add(*children)


class Mul(Expr):
    """Product of factors."""

    __slots__ = ("factors",)
    factors: tuple[Expr, ...]

    def __init__(self, factors: Iterable[Expr]) -> None:
        self._set(tuple(factors))

    def children(self) -> tuple[Expr, ...]:
        """The factors."""
        return self.factors

    def rebuild(self, children: tuple[Expr, ...]) -> Expr:
        """Product of other factors."""
        return mul(*children)


class Pow(Expr):
    """base ** exponent."""

    __slots__ = ("base", "exponent")
    base: Expr
    exponent: Expr

    def __init__(self, base: Expr, exponent: Expr) -> None:
        self._set(base, exponent)

    def children(self) -> tuple[Expr, ...]:
        """Base and exponent."""
        return (self.base, self.exponent)

    def rebuild(self, children: tuple[Expr, ...]) -> Expr:
        """Another power."""
        return power(*children)


class Call(Expr):
    """A scalar function by name: a primitive (exp, log, ...) or an entry of the library (sigmoid, gelu, ...)."""

    __slots__ = ("args", "name")
    name: str
    args: tuple[Expr, ...]

    def __init__(self, name: str, args: Iterable[Expr]) -> None:
        self._set(tuple(args), name)

    def children(self) -> tuple[Expr, ...]:
        """The arguments."""
        return self.args

    def rebuild(self, children: tuple[Expr, ...]) -> Expr:
        """The function of other arguments."""
        return Call(self.name, children)


class Compare(Expr):
    """A condition `left op right` on real numbers; it stands only in `Where`."""

    __slots__ = ("left", "op", "right")
    left: Expr
    op: str
    right: Expr

    def __init__(self, left: Expr, op: str, right: Expr) -> None:
        if op not in COMPARISONS:
            raise ValueError(f"comparison {op!r}; expected one of {', '.join(COMPARISONS)}")
        self._set(left, op, right)

    def children(self) -> tuple[Expr, ...]:
        """Both sides."""
        return (self.left, self.right)

    def rebuild(self, children: tuple[Expr, ...]) -> Expr:
        """The same comparison of other sides."""
        return Compare(children[0], self.op, children[1])


class Where(Expr):
    """`then` where the condition holds, `otherwise` elsewhere; the branch not taken is not evaluated."""

    __slots__ = ("condition", "otherwise", "then")
    condition: Expr
    then: Expr
    otherwise: Expr

    def __init__(self, condition: Expr, then: Expr, otherwise: Expr) -> None:
        self._set(condition, otherwise, then)

    def children(self) -> tuple[Expr, ...]:
        """Condition, value where it holds, value elsewhere."""
        return (self.condition, self.then, self.otherwise)

    def rebuild(self, children: tuple[Expr, ...]) -> Expr:
        """A choice between other values."""
        return where(*children)


class Reduce(Expr):
    """sum, max, min, argmax or argmin of a body over bound indices within a domain.

    The value of an argmax over several indices is the part named by `pick`, at the first maximal point in row-major
    order.
    """

    __slots__ = ("body", "domain", "indices", "op", "pick")
    op: str
    indices: tuple[Index, ...]
    domain: Domain
    body: Expr
    pick: Index | None

    def __init__(
        self, op: str, indices: Iterable[Index], body: Expr, domain: Domain = EVERYWHERE, pick: Index | None = None
    ) -> None:
        if op not in REDUCTIONS:
            raise ValueError(f"reduction {op!r}; expected one of {', '.join(REDUCTIONS)}")
        self._set(body, domain, tuple(indices), op, pick)

    def children(self) -> tuple[Expr, ...]:
        """The body."""
        return (self.body,)

    def rebuild(self, children: tuple[Expr, ...]) -> Expr:
        """The same reduction of another body."""
        return reduce_(self.op, self.indices, children[0], self.domain, self.pick)

    def positions(self) -> tuple[Position, ...]:
        """The positions its domain constrains."""
        return tuple(c.position for c in self.domain.constraints)


class Guard(Expr):
    """`body` where the domain holds, 0 elsewhere: a Kronecker delta, a mask, the range of an eliminated index."""

    __slots__ = ("body", "domain")
    domain: Domain
    body: Expr

    def __init__(self, domain: Domain, body: Expr) -> None:
        self._set(body, domain)

    def children(self) -> tuple[Expr, ...]:
        """The guarded expression."""
        return (self.body,)

    def rebuild(self, children: tuple[Expr, ...]) -> Expr:
        """The same guard on another expression."""
        return guard(self.domain, children[0])

    def positions(self) -> tuple[Position, ...]:
        """The positions its domain constrains."""
        return tuple(c.position for c in self.domain.constraints)


ZERO = Number(0)
ONE = Number(1)
MINUS_ONE = Number(-1)


def number(expr: Expr) -> Fraction | None:
    """The value of a numeral, None for anything else."""
    return expr.value if isinstance(expr, Number) else None


def add(*terms: Expr) -> Expr:
    """Sum, flattened; numerals are folded and stand where the first of them stood."""
    flat: list[Expr] = []
    constant, place = Fraction(0), None
    for term in terms:
        for part in term.terms if isinstance(term, Add) else (term,):
            if isinstance(part, Number):
                constant += part.value
                place = len(flat) if place is None else place
            else:
                flat.append(part)
    if constant:
        flat.insert(place or 0, Number(constant))
    return flat[0] if len(flat) == 1 else Add(flat) if flat else ZERO


def mul(*factors: Expr) -> Expr:
    """Product, flattened; numerals are folded to the front, and guards are drawn out of it."""
    flat: list[Expr] = []
    constant, domain = Fraction(1), EVERYWHERE
    for factor in factors:
        if isinstance(factor, Guard):
            domain, factor = domain & factor.domain, factor.body
        for part in factor.factors if isinstance(factor, Mul) else (factor,):
            if isinstance(part, Number):
                constant *= part.value
            else:
                flat.append(part)
    if not constant:
        return ZERO
    if constant != 1 or not flat:
        flat.insert(0, Number(constant))
    return guard(domain, flat[0] if len(flat) == 1 else Mul(flat))


def power(base: Expr, exponent: Expr) -> Expr:
    """base ** exponent, with x**0 = 1, x**1 = x and small integer powers of numerals folded."""
    value, exp = number(base), number(exponent)
    if exp == 0:
        return ONE
    if exp == 1:
        return base
    if value is not None and exp is not None and exp.denominator == 1 and abs(exp) <= 64 and value:
        return Number(value ** int(exp))
    return Pow(base, exponent)


def negate(expr: Expr) -> Expr:
    """-expr."""
    return mul(MINUS_ONE, expr)


def divide(numerator: Expr, denominator: Expr) -> Expr:
    """numerator / denominator; of a product, each factor is divided by, so that a/(b*c) and a/b/c are one."""
    below = denominator.factors if isinstance(denominator, Mul) else (denominator,)
    return mul(numerator, *(_inverse(factor) for factor in below))


def _inverse(expr: Expr) -> Expr:
    exponent = number(expr.exponent) if isinstance(expr, Pow) else None
    if isinstance(expr, Pow) and exponent is not None:
        return power(expr.base, Number(-exponent))
    return power(expr, MINUS_ONE)


def where(condition: Expr, then: Expr, otherwise: Expr) -> Expr:
    """A choice; of two equal values, that value."""
    return then if then == otherwise else Where(condition, then, otherwise)


def guard(domain: Domain, body: Expr) -> Expr:
    """body under a guard; guards nest into one, and nothing is guarded by the empty domain."""
    if isinstance(body, Guard):
        domain, body = domain & body.domain, body.body
    return Guard(domain, body) if domain and body != ZERO else body


def reduce_(
    op: str, indices: Iterable[Index], body: Expr, domain: Domain = EVERYWHERE, pick: Index | None = None
) -> Expr:
    """A reduction; sums of sums are one sum, a sum of 0 is 0, and a guard below a sum is its domain."""
    bound = tuple(indices)
    if op != "sum":
        return Reduce(op, bound, body, domain, pick)
    if isinstance(body, Guard):
        inside, outside = (domain & body.domain).split(bound)
        return guard(outside, reduce_(op, bound, body.body, inside))
    if body == ZERO:
        return ZERO
    if not bound:
        return guard(domain, body)
    if isinstance(body, Reduce) and body.op == "sum" and not set(bound) & set(body.indices):
        return reduce_(op, (*bound, *body.indices), body.body, domain & body.domain)
    return Reduce(op, bound, body, domain)


def size(value: Position | Index | int) -> Expr:
    """A position as a number; constant extents become numerals."""
    position = Position.of(value)
    constant = None if position.terms else position.offset.constant
    return IndexValue(position) if constant is None else Number(constant)


def walk(expr: Expr) -> Iterator[Expr]:
    """All nodes, parents before children."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children()))


def reads(expr: Expr) -> Iterator[Read]:
    """All reads of real tensors in the order of the text."""
    return (node for node in walk(expr) if isinstance(node, Read))


def gathers(expr: Expr) -> Iterator[Gather]:
    """All integer tensors used as positions."""
    for node in walk(expr):
        for position in node.positions():
            yield from position.gathers()


def tensors_read(expr: Expr) -> list[str]:
    """Names of all tensors an expression reads, each once, in the order of the text."""
    names = [r.tensor for r in reads(expr)] + [g.tensor for g in gathers(expr)]
    return list(dict.fromkeys(names))


def transform(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Rebuild bottom-up, passing every rebuilt node through `change`."""
    children = expr.children()
    if children:
        new = tuple(transform(child, change) for child in children)
        if any(a is not b for a, b in zip(new, children, strict=True)):
            expr = expr.rebuild(new)
    return change(expr)


def all_indices(expr: Expr) -> list[Index]:
    """All indices in an expression, free and bound, each once, in the order of the text."""
    found: dict[Index, None] = {}
    for node in walk(expr):
        if isinstance(node, Reduce):
            found.update(dict.fromkeys(node.indices))
        for position in node.positions():
            found.update(dict.fromkeys(position.index_atoms()))
    return list(found)


def free_indices(expr: Expr) -> frozenset[Index]:
    """Indices that no reduction inside the expression binds."""
    own = {index for position in expr.positions() for index in position.index_atoms()}
    inner: set[Index] = set()
    for child in expr.children():
        inner |= free_indices(child)
    own |= inner
    return frozenset(own.difference(expr.indices) if isinstance(expr, Reduce) else own)


def fresh(index: Index, taken: Iterable[str]) -> Index:
    """The index itself, or one of the same extent whose name is not taken: i, i1, i2, ..."""
    names = set(taken)
    if index.name not in names:
        return index
    stem = index.name.rstrip("0123456789") or index.name
    count = 1
    while f"{stem}{count}" in names:
        count += 1
    return Index(f"{stem}{count}", index.extent)


def substitute(expr: Expr, mapping: Mapping[Index, Position]) -> Expr:
    """Replace free indices by positions; bound indices are renamed where a replacement would be captured."""
    if not mapping:
        return expr
    if isinstance(expr, Reduce):
        return _substitute_reduce(expr, mapping)
    children = tuple(substitute(child, mapping) for child in expr.children())
    if isinstance(expr, Read):
        return Read(expr.tensor, [p.substitute(mapping) for p in expr.indices])
    if isinstance(expr, IndexValue):
        return size(expr.position.substitute(mapping))
    if isinstance(expr, Guard):
        return guard(expr.domain.substitute(mapping), children[0])
    return expr.rebuild(children) if children else expr


def _substitute_reduce(expr: Reduce, mapping: Mapping[Index, Position]) -> Expr:
    inner = {old: new for old, new in mapping.items() if old not in expr.indices}
    incoming = {index.name for new in inner.values() for index in new.index_atoms()}
    if any(bound.name in incoming for bound in expr.indices):
        taken = incoming | {index.name for index in all_indices(expr)}
        renaming = {bound: fresh(bound, taken) for bound in expr.indices if bound.name in incoming}
        inner |= {old: Position.of(new) for old, new in renaming.items()}
        bound_indices = tuple(renaming.get(bound, bound) for bound in expr.indices)
        pick = renaming.get(expr.pick, expr.pick) if expr.pick else None
    else:
        bound_indices, pick = expr.indices, expr.pick
    body, domain = substitute(expr.body, inner), expr.domain.substitute(inner)
    return reduce_(expr.op, bound_indices, body, domain, pick)


def rename_apart(expr: Expr, taken: Iterable[str]) -> Expr:
    """Give every bound index a name that neither `taken` nor any other reduction of the expression uses."""
    names = set(taken) | {index.name for index in free_indices(expr)}

    def visit(node: Expr) -> Expr:
        if isinstance(node, Reduce):
            renaming = {}
            for bound in node.indices:
                new = fresh(bound, names)
                names.add(new.name)
                if new != bound:
                    renaming[bound] = Position.of(new)
            if renaming:
                new_indices = [renaming[b].index or b if b in renaming else b for b in node.indices]
                pick = renaming[node.pick].index if node.pick in renaming else node.pick
                body, domain = substitute(node.body, renaming), node.domain.substitute(renaming)
                node = Reduce(node.op, new_indices, body, domain, pick)
            return Reduce(node.op, node.indices, visit(node.body), node.domain, node.pick)
        children = node.children()
        return node.rebuild(tuple(visit(child) for child in children)) if children else node

    return visit(expr)
