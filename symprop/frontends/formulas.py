"""A loss as a formula is a network.

    values of a text ─► under names that all differ ─► equations, products named ─► Network, loss "L"

Enters: arguments, and what a front end made of a text: `Assigned` values, or equations, the last one the loss.
Leaves: a `Network`.  Values keep the names the text gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from keyword import iskeyword

from symprop.errors import Fault, FormulaError
from symprop.frontends.arrays import shape_text
from symprop.frontends.numpy_notation import Assigned
from symprop.frontends.products import free_name, products_named
from symprop.language import PRIMITIVES, Equation, Expr, Extent, Network, Read, Tensor, Training, defined
from symprop.language import expressions as ex
from symprop.language.syntax import NAME
from symprop.library import ACTIVATIONS, functions_used
from symprop.spec.places import instead

LOSS, BATCH = "L", "N"


def loss_network(
    values: Sequence[Assigned],
    arguments: Iterable[Tensor],
    wrt: Sequence[str] = (),
    name: str = "formula",
    where: str = "formula",
) -> Network:
    """The network whose loss is the last of some values.

    Args:
        values: of the text in their order; each may read the arguments and the values before it.
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
    return equations_network(tuple(_named(values, given)), given, wrt, name, where)


def equations_network(
    equations: Sequence[Equation],
    arguments: Iterable[Tensor],
    wrt: Sequence[str] = (),
    name: str = "formula",
    where: str = "formula",
) -> Network:
    """The network of equations in order, the last of which defines the loss, "L"; else as `loss_network`."""
    given = tuple(arguments)
    check_names(given, where)
    whole = tuple(products_named(equations, [*_taken(given), *(e.target for e in equations)]))
    made = {e.target: defined(e) for e in whole}
    made[LOSS] = replace(made[LOSS], role="loss")
    learnt = _learnt(given, made, wrt, where)
    tensors = {t.name: replace(t, role="param" if t.name in learnt else "input") for t in given} | made
    functions = {n: f for e in whole for n, f in functions_used(e.body).items()}
    outputs = tuple(t.name for t in made.values() if t.axes[:1] == (Extent.of(BATCH),)) or (LOSS,)
    # NumPy computes in double precision, and so does what is compiled from its notation
    return Network(name, tensors, whole, LOSS, functions, outputs, training=Training(dtype="float64"))


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


def _taken(given: Iterable[Tensor]) -> set[str]:
    """Names that no value may have."""
    extents = {name for tensor in given for axis in tensor.axes for name in axis.names}
    return {LOSS, BATCH, *extents, *(tensor.name for tensor in given)}


def _named(values: Sequence[Assigned], given: Sequence[Tensor]) -> Iterator[Equation]:
    """The equations of the values under names that all differ; the last value is the loss."""
    taken, names = _taken(given), dict[str, str]()
    for value in values:
        for equation in value.equations:
            own = equation.target == value.tensor.name
            is_loss = own and value is values[-1]
            name = LOSS if is_loss else free_name(_tried(value.name if own else ""), taken)
            body = _read(equation.body, names)
            names[equation.target] = name
            yield replace(equation, target=name, body=body)


def _tried(name: str) -> Iterator[str]:
    """A name, then the same with a number; T1, T2, ... where there is none."""
    plain = NAME.fullmatch(name)
    for k in count(1):
        yield f"T{k}" if not plain else name if k == 1 else f"{name}_{k}"


def _read(body: Expr, names: dict[str, str]) -> Expr:
    """The body with values under their new names."""

    def change(node: Expr) -> Expr:
        return Read(names.get(node.tensor, node.tensor), node.indices) if isinstance(node, Read) else node

    return ex.transform(body, change)
