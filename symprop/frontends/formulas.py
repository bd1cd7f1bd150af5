"""A loss as a formula is a network.

    declared tensors, values of a text ─► named one after the other ─► products named ─► Network, loss "L"

Enters: tensors, and what a front end made of a text: `Assigned` values, the last one the loss.  Leaves: a `Network`.
Values keep the names the text gives them.  A matrix product inside a formula gets a name of its own, T1, T2, ...: then
a derivation stays as readable as its forward pass, and no kernel computes a product twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from keyword import iskeyword

from symprop.errors import Fault, FormulaError
from symprop.frontends.arrays import shape_text
from symprop.frontends.naming import named
from symprop.frontends.numpy_notation import Assigned
from symprop.language import PRIMITIVES, Equation, Expr, Extent, Network, Position, Read, Tensor, Training, defined
from symprop.language import expressions as ex
from symprop.language.syntax import NAME
from symprop.library import ACTIVATIONS, functions_used
from symprop.spec.places import instead

LOSS, BATCH = "L", "N"
SCOPES = (ex.Reduce, ex.Call, ex.Pow, ex.Where, ex.Compare)
"""What a value does not pass through as a mere term or factor."""


def loss_network(
    values: Sequence[Assigned],
    arguments: Iterable[Tensor],
    wrt: Sequence[str] = (),
    name: str = "formula",
    where: str = "formula",
) -> Network:
    """The network whose loss is the last of some values.

    Args:
        values: of the text in their order; each may read the declared tensors and the values before it.
        arguments: real or integer; their roles are set here.
        wrt: what is differentiated by; the arguments among them become parameters, all real ones where there is none.
        name: of the network.
        where: what was read, for messages.

    Raises:
        FormulaError: the loss is no scalar, a name is taken, or `wrt` names what has no gradient.
    """
    given = tuple(arguments)
    loss = values[-1].tensor
    if loss.axes:
        message = f"the loss has shape {shape_text(loss.axes)}; expected a number"
        raise FormulaError(Fault(where, message, "Take its sum or its mean."))
    check_names(given, where)
    equations = tuple(_Naming(given, values).equations())
    made = {e.target: defined(e) for e in equations}
    made[LOSS] = replace(made[LOSS], role="loss")
    learnt = _learnt(given, made, wrt, where)
    roles = {t.name: replace(t, role="param" if t.name in learnt else "input") for t in given}
    functions = {n: f for e in equations for n, f in functions_used(e.body).items()}
    outputs = tuple(t.name for t in made.values() if t.axes[:1] == (Extent.of(BATCH),)) or (LOSS,)
    tensors = {**roles, **made}
    # NumPy computes in double precision, and so does what is compiled from its notation
    return Network(name, tensors, equations, LOSS, functions, outputs, training=Training(dtype="float64"))


def _learnt(given: Sequence[Tensor], made: Iterable[str], wrt: Sequence[str], where: str) -> frozenset[str]:
    """Names of the arguments that are differentiated."""
    real = [t.name for t in given if t.dtype == "real"]
    known = [*real, *(name for name in made if name != LOSS)]
    for name in wrt:
        if name not in known:
            integer = any(t.name == name for t in given)
            what = f"'{name}' holds integers and has no gradient" if integer else f"there is no '{name}' to derive by"
            raise FormulaError(Fault(where, f"{what}; {instead(name, known)}"))
    return frozenset([name for name in wrt if name in real] or real)


def check_names(given: Sequence[Tensor], where: str) -> None:
    """Refuse names of arguments that mean something else.

    Raises:
        FormulaError: a name is no name, or that of an extent, the loss, an adjoint or a function.
    """
    names = {tensor.name for tensor in given}
    extents = {name for tensor in given for axis in tensor.axes for name in axis.names} | {BATCH}
    functions = {*PRIMITIVES, *ACTIVATIONS}
    adjoints = {f"d{name}" for name in names}
    taken = ((extents, "an extent"), ({LOSS}, "the loss"), (adjoints, "an adjoint"), (functions, "a function"))
    for name in sorted(names):
        reason = next((f"is the name of {what}" for known, what in taken if name in known), "")
        if not NAME.fullmatch(name) or iskeyword(name):
            reason = "is no name; expected letters, digits and _, a letter first"
        if reason:
            raise FormulaError(Fault(where, f"argument '{name}': this {reason}", "Choose another name."))


class _Naming:
    """The equations of some values under names that all differ.

    Args:
        given: the arguments.
        values: in their order; the last one becomes the loss.
    """

    def __init__(self, given: Iterable[Tensor], values: Sequence[Assigned]) -> None:
        self.values = values
        self.taken = {LOSS, BATCH, *(t.name for t in given)}
        self.taken |= {name for t in given for axis in t.axes for name in axis.names}
        self.names: dict[str, str] = {}
        self.products: dict[tuple[tuple[Position, ...], Expr], str] = {}
        self.pending: list[Equation] = []

    def equations(self) -> Iterator[Equation]:
        """Each after what it reads."""
        for value in self.values:
            for equation in value.equations:
                own = equation.target == value.tensor.name
                body = self._visit(self._read(equation.body), False)
                yield from self.pending
                self.pending = []
                is_loss = own and value is self.values[-1]
                name = LOSS if is_loss else self._free(value.name) if own else self._product_name()
                self.names[equation.target] = name
                yield replace(equation, target=name, body=body)

    def _read(self, body: Expr) -> Expr:
        """The body with values under their new names."""

        def change(node: Expr) -> Expr:
            return Read(self.names.get(node.tensor, node.tensor), node.indices) if isinstance(node, Read) else node

        return ex.transform(body, change)

    def _free(self, name: str) -> str:
        """The name, or with a number behind it where it is taken."""
        plain = name if NAME.fullmatch(name) else "T"
        return self._first(f"{plain}_{k}" if k > 1 else plain for k in count(1))

    def _product_name(self) -> str:
        return self._first(f"T{k}" for k in count(1))

    def _first(self, names: Iterable[str]) -> str:
        """The first name that is not taken, and is not that of an adjoint."""
        found = next(n for n in names if not {n, f"d{n}", n.removeprefix("d")} & self.taken)
        self.taken.add(found)
        return found

    # -- products ------------------------------------------------------------------------------------------------

    def _visit(self, expr: Expr, inside: bool) -> Expr:
        """The expression with the matrix products inside other things read by names of their own."""
        is_sum = isinstance(expr, ex.Add) and any(map(_is_scaled_product, expr.terms))
        below = (inside and not is_sum) or isinstance(expr, SCOPES)
        found = expr.rebuild(tuple(self._visit(child, below) for child in expr.children())) if expr.children() else expr
        return self._named(found) if inside and (is_sum or _is_product(expr)) else found

    def _named(self, expr: Expr) -> Expr:
        free = ex.free_indices(expr)
        axes = tuple(index for index in ex.all_indices(expr) if index in free)
        left, body = named(axes, expr)
        indices = tuple(map(Position.of, left))
        if (indices, body) not in self.products:
            name = self.products[indices, body] = self._product_name()
            self.pending.append(Equation(name, indices, body))
        return Read(self.products[indices, body], map(Position.of, axes))


def _is_product(expr: Expr) -> bool:
    """True of a matrix product: a sum over a product of different tensors."""
    if not (isinstance(expr, ex.Reduce) and expr.op == "sum" and isinstance(expr.body, ex.Mul)):
        return False
    return len({tuple(ex.tensors_read(factor)) for factor in expr.body.factors if ex.tensors_read(factor)}) > 1


def _is_scaled_product(expr: Expr) -> bool:
    factors = expr.factors if isinstance(expr, ex.Mul) else (expr,)
    rest = [f for f in factors if ex.number(f) is None]
    return len(rest) == 1 and _is_product(rest[0])
