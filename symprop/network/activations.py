"""Activations of layers: A_<id> from Z_<id>.

Enters: a tensor and the activation picked for it, an entry of the library or a formula under `functions:`.  Leaves:
the equations of its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from symprop.language import Equation, Expr, Function, Position, Read, Tensor
from symprop.language.expressions import Call
from symprop.language.indices import Index
from symprop.library import ACTIVATIONS, Activation
from symprop.network.assembly import Assembly, Where
from symprop.network.patterns import Template, expanded, instance
from symprop.network.rewrite import Renaming
from symprop.spec.model import NONE, Pick


@dataclass(frozen=True)
class Target:
    """Where the value of an activation goes.

    Args:
        suffix: what names of the layer end with.
        origin: reference of the layer.
        owner: the layer in messages.
        where: its path in the spec.
    """

    suffix: str
    origin: str
    owner: str
    where: Where

    def name(self, stem: str) -> str:
        """Name of one of the layer's tensors."""
        return stem + self.suffix


def picked(value: Pick | str) -> Pick:
    """An entry that was named alone, as one with options."""
    return Pick(value, NONE) if isinstance(value, str) else value


def called(net: Assembly, choice: Pick, target: Target) -> Function | None:
    """The function that the equations of a layer call for an activation, None where it is at fault."""
    user = net.users.get(choice.name)
    if user is not None:
        return net.use(user) if _unary(net, user, target) else None
    entry = _entry(net, choice, target)
    if entry is None:
        return None
    if not entry.elementwise:
        message = f"{target.owner}: {choice.name} acts on rows; expected an activation of single entries"
        net.fault(target.where, message)
        return None
    return net.use(entry.function(**dict(choice.options)))


def _entry(net: Assembly, choice: Pick, target: Target) -> Activation | None:
    if choice.name in net.spec.functions:
        return None  # its formula is at fault, which has been noted
    entry = ACTIVATIONS.get(choice.name)
    if entry is None:
        known = f"{target.owner}: unknown activation '{choice.name}'; {ACTIVATIONS.suggestion(choice.name)}"
        net.fault((*target.where, "activation"), known)
    return entry


def activate(net: Assembly, source: Tensor, choice: Pick, target: Target) -> str | None:
    """Add the equations of an activation; gives the name of its value, None where it is at fault."""
    user = net.users.get(choice.name)
    if user is not None:
        return _scalar(net, source, user, None, target) if _unary(net, user, target) else None
    entry = _entry(net, choice, target)
    if entry is None:
        return None
    options = dict(choice.options)
    if entry.elementwise:
        return _scalar(net, source, entry.function(**options), entry, target)
    if source.axes[-1].constant == 1:
        message = f"{target.owner}: {entry.name} over one entry is constant; expected at least 2 units, got 1"
        net.fault((*target.where, "activation"), message, "Use sigmoid, or give it more units.")
        return None
    return _rows(net, source, entry, target, options)


def applied_tensor(source: Tensor, name: str, entry: Activation | None, origin: str) -> Tensor:
    """The value of an activation: same axes, with the range that is known of it."""
    low, top = entry.range if entry is not None else (None, None)
    simplex = len(source.axes) - 1 if entry is not None and entry.simplex else None
    return Tensor(name, source.axes, low=low, top=top, simplex=simplex, origin=origin)


def free_positions(tensor: Tensor) -> tuple[Position, ...]:
    """Letters for all axes of a tensor, n first."""
    letters = expanded("[...]", len(tensor.axes))[1:-1].split(", ") if tensor.axes else []
    return tuple(Position.of(Index(name, axis)) for name, axis in zip(letters, tensor.axes, strict=True))


def applied(function: Function, argument: Expr, params: Mapping[str, Expr]) -> Expr:
    """The function of an argument, with the scalars it learns; the identity is its argument."""
    if function.body == Read(function.args[0]):
        return argument
    return Call(function.name, (argument, *(params[name] for name, _ in function.params)))


def _scalar(net: Assembly, source: Tensor, function: Function, entry: Activation | None, target: Target) -> str:
    indices = free_positions(source)
    scalars = {
        name: net.parameter(target.name(name), value, target.origin, target.owner, target.where)
        for name, value in function.params
    }
    body = applied(function, Read(source.name, indices), scalars)
    if isinstance(body, Call):
        net.use(function)
    made = applied_tensor(source, target.name("A"), entry, target.origin)
    net.applied[made.name] = function.name if entry is None else entry.name
    return net.define(Equation(made.name, indices, body), made, target.owner, target.where, function.source)


def _rows(net: Assembly, source: Tensor, entry: Activation, target: Target, options: dict[str, Any]) -> str:
    result = ""
    names = {"Z": source.name}
    template = Template(entry.rows, {"Z": source}, len(source.axes) - 1, options=options, where=entry.name)
    for equation, tensor in instance(template):
        names[tensor.name] = target.name(tensor.name)
        made = applied_tensor(source, names[tensor.name], entry if tensor.name == "A" else None, target.origin)
        made = replace(made, axes=tensor.axes)
        renamed = Renaming(names).equation(equation)
        net.use_all(renamed.body)
        result = net.define(renamed, made, target.owner, target.where, entry.source)
    net.applied[result] = entry.name
    return result


def _unary(net: Assembly, function: Function, target: Target) -> bool:
    fits = len(function.args) == 1
    if not fits:
        message = f"{target.owner}: function '{function.name}' takes {len(function.args)} arguments; expected one"
        net.fault((*target.where, "activation"), message)
    return fits
