"""Second order by differentiating once more: products of curvature with a vector, Hessians and Jacobians.

Enters: a derivation.  Leaves: a `Quantity`: its forward and adjoint equations, then their tangents.  Names: the
direction is v + parameter (vW), the tangent of x along it vx; along unit directions it is Jx, ∂x/∂W with the indices of
W behind those of x.  The tangent of the gradient dW along v is the Hessian times v, along units the Hessian itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from symprop.algebra.simplify import tidy
from symprop.algebra.terms import term_expr, terms_of
from symprop.derivation.again import with_adjoints
from symprop.derivation.kinks import kinks_of
from symprop.derivation.normalise import normalise
from symprop.derivation.rowwise import refuse_mixed_rows
from symprop.derivation.tangents import Moving, Part, moved, unit_indices
from symprop.derivation.values import Derivation, Quantity
from symprop.errors import Fault, InputError
from symprop.language import Equation, Expr, Network, Tensor
from symprop.language import expressions as ex
from symprop.network.layout import by_rows

VECTOR, UNIT = "v", "J"


def hessian_vector_product(derivation: Derivation) -> Quantity:
    """H v for a direction v in the space of all parameters: the tangent of the gradient along v.

    Raises:
        InputError: the loss depends on no parameter, or a name is taken.
    """
    words = "The product of the Hessian of the loss with v: the tangent of the gradient along v."
    return _along_vector("hvp", derivation, _moving(derivation), words)


def gauss_newton_product(derivation: Derivation) -> Quantity:
    """J^T H J v, with J the Jacobian of what the loss compares and H the Hessian of the loss by it.

    A term of an adjoint that reads no adjoint comes from the loss itself, dZ = (P - Y)/N, and is differentiated; all
    others pass adjoints on, dW = x^T dZ, and only the adjoint in them moves.  Penalties count with their own Hessian.

    Raises:
        InputError: as `hessian_vector_product`.
    """
    words = f"The Gauss-Newton product J^T H J v, H the Hessian of the loss by {', '.join(compared(derivation))}."
    return _along_vector("gauss_newton", derivation, _linearised(derivation), words)


def fisher_product(derivation: Derivation) -> Quantity:
    """F v, the Fisher information of a log-likelihood: the Gauss-Newton product where H does not depend on a target.

    Penalties are no part of it.

    Raises:
        InputError: the curvature of the loss depends on a target, so that it is not its own expectation.
    """
    refuse_parameters_in_loss(derivation, "fisher")
    words = "The product of the Fisher information with v, J^T H J v, penalties not counted."
    found = _along_vector("fisher", derivation, _linearised(derivation, penalties=False), words)
    targets = {t.name for t in derivation.network.of_role("target")}
    rest = derivation.network.downstream(targets)
    guilty = next((a for a in found.derivation if rest & set(ex.tensors_read(a.equation.body))), None)
    if guilty is not None:
        message = f"the curvature of the loss depends on the target, ({guilty.equation}); expected one that does not"
        hint = "Take the empirical Fisher product, or a loss such as softmax_cross_entropy."
        raise InputError(Fault("fisher", message, hint))
    return found


def jacobian(derivation: Derivation, of: str, wrt: str, name: str = "jacobian") -> Quantity:
    """∂y/∂x of two tensors, y possibly an adjoint: the tangents along unit directions of x, under a name.

    Of an input the indices are those of one row, J[n, ..., k] = ∂y[n, ...]/∂x[n, k].

    Raises:
        InputError: a tensor is unknown or holds integers, y does not depend on x, or a row of y on other rows of x.
    """
    adjoint = of in derivation and of not in derivation.network.tensors
    network = with_adjoints(derivation, derivation.needed([of] if adjoint else []))
    x, _ = _real(network, wrt), _real(network, of)
    network = _only(network, [of])
    alone = by_rows(x, network.layout)
    if alone:
        refuse_mixed_rows(network, of, wrt)
    moving = Moving((wrt,), UNIT, unit_indices(network, x, alone), alone, adjoint_of=_adjoint_of(derivation))
    what = f"Hessian of {network.loss}" if name == "hessian" else f"Jacobian of {of}"
    words = f"The {what} by {wrt}" + (", row by row." if alone else ".")
    found = _quantity(name, derivation, network, moving, [(of, UNIT + of)], words)
    return replace(found, by=wrt)


def hessian(derivation: Derivation, wrt: str) -> Quantity:
    """∂²L/∂x∂x, entry by entry: the Jacobian of dx by x.

    Raises:
        InputError: as `jacobian`.
    """
    adjoint = derivation[wrt]
    return jacobian(derivation, adjoint.equation.target, adjoint.tensor, "hessian")


def from_loss(body: Expr, adjoints: Collection[str]) -> tuple[Expr, Expr]:
    """What the loss itself gives to an adjoint, its terms that read no adjoint, and what others pass on to it."""
    if not _reads_any(body, adjoints):
        return body, ex.ZERO
    terms = [term_expr(t) for t in terms_of(body, expand=True)]
    direct = [t for t in terms if not _reads_any(t, adjoints)]
    passed = [t for t in terms if _reads_any(t, adjoints)]
    return (ex.add(*direct), ex.add(*passed)) if direct else (ex.ZERO, body)


def compared(derivation: Derivation) -> tuple[str, ...]:
    """The tensors, parameters aside, whose adjoints come from the loss itself: what it compares with the targets."""
    own = {a.equation.target for a in derivation}
    needed = derivation.needed(parameters(derivation))
    found = [a.tensor for a in needed if from_loss(a.equation.body, own)[0] != ex.ZERO]
    return tuple(name for name in found if derivation.network.tensors[name].role != "param")


def refuse_parameters_in_loss(derivation: Derivation, what: str) -> None:
    """Refuse a loss in which a parameter stands beside data, outside penalties: nothing separates it from the model.

    Raises:
        InputError: there is such a parameter.
    """
    network, own = derivation.network, {a.equation.target for a in derivation}
    data = network.downstream(t.name for t in network.of_role("input", "target", "sample"))
    for name in parameters(derivation):
        if _reads_any(from_loss(derivation[name].equation.body, own)[0], data):
            raise InputError(Fault(what, f"{name} stands in the loss itself; expected parameters in layers alone"))


def _reads_any(expr: Expr, names: Collection[str]) -> bool:
    return any(name in names for name in ex.tensors_read(expr))


def parameters(derivation: Derivation) -> tuple[str, ...]:
    """The parameters that the loss depends on.

    Raises:
        InputError: there is none.
    """
    found = tuple(t.name for t in derivation.network.params if t.name in derivation)
    if not found:
        raise InputError(Fault(f"network '{derivation.network.name}'", "the loss depends on no parameter"))
    return found


def _moving(derivation: Derivation) -> Moving:
    return Moving(parameters(derivation), VECTOR, adjoint_of=_adjoint_of(derivation))


def _adjoint_of(derivation: Derivation) -> dict[str, str]:
    return {a.equation.target: a.tensor for a in derivation}


def _linearised(derivation: Derivation, penalties: bool = True) -> Moving:
    """Directions along which only what comes from the loss itself is differentiated in full."""
    own = {a.equation.target for a in derivation}
    gradients = {derivation[p].equation.target for p in parameters(derivation)}

    def parts(equation: Equation) -> list[Part]:
        if equation.target not in own:
            return [(equation.body, lambda name: True)]
        direct, passed = from_loss(equation.body, own)
        counts = penalties or equation.target not in gradients
        return [(passed, own.__contains__), (direct, lambda name: counts)]

    return replace(_moving(derivation), parts=parts)


def _along_vector(name: str, derivation: Derivation, moving: Moving, words: str) -> Quantity:
    wrt = moving.tensors
    network = normalise(with_adjoints(derivation, derivation.needed(wrt)))
    given = {moving.prefix + p: replace(network.tensors[p], name=moving.prefix + p, role="input") for p in wrt}
    network = replace(network, tensors={**network.tensors, **given})
    adjoints = [(p, derivation[p].equation.target) for p in wrt]
    return _quantity(name, derivation, network, moving, [(p, moving.prefix + d) for p, d in adjoints], words)


def _quantity(
    name: str,
    derivation: Derivation,
    network: Network,
    moving: Moving,
    results: Sequence[tuple[str, str]],
    words: str,
) -> Quantity:
    tangents = moved(network, moving, [name.removeprefix(moving.prefix) for _, name in results])
    shown = replace(network, equations=tidied(network.equations), notes=(words, *network.notes), optimizer=None)
    assumed = {a.equation.target: a.assumptions for a in derivation}
    tangents = tuple(replace(t, assumptions=assumed.get(t.tensor, ())) for t in tangents)
    made = replace(derivation, network=shown, adjoints=tangents, kinks=kinks_of(shown))
    made = replace(made, prefix=moving.prefix, kind="tangent")
    kept = tuple((p, target) for p, target in results if target in made)
    if not kept:
        message = "it is zero everywhere: nothing in it depends on what moves"
        names = ", ".join(target.removeprefix(moving.prefix) for _, target in results)
        raise InputError(Fault(f"{name} of {names}", message))
    own, numbers = adjoints_of(derivation), {e.target: e.number for e in network.equations}
    needed = derivation.evaluated(e.target for e in network.equations if e.target in own)
    exact = [replace(a.exact, number=numbers.get(a.equation.target, 0)) for a in needed]
    equations = [*(e for e in network.equations if e.target not in own), *exact]
    directions = () if moving.unit is not None else tuple((p, moving.prefix + p) for p in moving.tensors)
    return Quantity(name, made, (*equations, *(t.exact for t in tangents)), kept, directions, words)


def adjoints_of(derivation: Derivation) -> frozenset[str]:
    """The names of the adjoints."""
    return frozenset(a.equation.target for a in derivation)


def tidied(equations: Iterable[Equation]) -> tuple[Equation, ...]:
    """The equations with i, j in every sum, names that were kept apart for differentiation."""
    return tuple(e.with_body(tidy(e.body, [i.name for i in e.free])) for e in equations)


def _real(network: Network, name: str) -> Tensor:
    tensor = network.tensors.get(name)
    if tensor is None or tensor.dtype != "real":
        known = ", ".join(t.name for t in network.tensors.values() if t.dtype == "real")
        message = f"there is no tensor '{name}'" if tensor is None else f"{name} holds integers"
        raise InputError(Fault(name, f"{message}; expected one of {known}"))
    return tensor


def _only(network: Network, names: Iterable[str]) -> Network:
    """The network without equations that none of some tensors depends on."""
    needed = network.upstream(names)
    return normalise(replace(network, equations=tuple(e for e in network.equations if e.target in needed)))
