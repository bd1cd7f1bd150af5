"""Scalar expressions of indexed tensors: the right sides of equations.

Enters: numbers, positions and names.  Leaves: immutable expression trees, made by the constructors at the end (`add`,
`mul`, `power`, `guard`, `reduce_`), which flatten, fold numbers and nothing more: `2*(x - m)` stays as it was written.

Meaning.  A read of a real tensor outside its bounds is 0.  `Guard(d, e)` is e where the domain d holds, else 0; e
is not evaluated there, so 0*inf cannot arise.  A reduction runs over the points of its domain alone: an empty sum is 0,
and so is an empty maximum.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from symprop.language.indices import EVERYWHERE, Domain, Index, Position
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


def numeral_and_rest(expr: Expr) -> tuple[Fraction, Expr]:
    """The numeral a product starts with, 1 where there is none, and the product of the rest."""
    first, rest = (expr.factors[0], expr.factors[1:]) if isinstance(expr, Mul) else (expr, ())
    value = number(first)
    return (Fraction(1), expr) if value is None else (value, mul(*rest))


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
    """body under a guard; guards nest into one, and nothing is guarded by the empty domain, or where numbers decide."""
    if isinstance(body, Guard):
        domain, body = domain & body.domain, body.body
    decided = {c: c.verdict() for c in domain.constraints if not c.position.terms}
    if False in decided.values():
        return ZERO
    if True in decided.values():
        domain = Domain(c for c in domain.constraints if not decided.get(c))
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
