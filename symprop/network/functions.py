"""Formulas under `functions:` and `losses:` of a spec, as functions and expressions.

Enters: the text of a formula with its arguments, learnable scalars and constants.  Leaves: `Function` values,
constants put in.  A formula may call primitives, entries of the library and other formulas of the spec, but not
itself, and not one that learns, since its scalars belong to a layer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from symprop.errors import FormulaError
from symprop.language import Expr, Function, Read, Scope, Tensor, parse_expression
from symprop.language.expressions import Call, transform
from symprop.library import callable_names
from symprop.library.scalars import bind, calls, constants
from symprop.network.assembly import Assembly
from symprop.spec.model import FunctionSpec, LossFunctionSpec, Text


def user_functions(net: Assembly) -> None:
    """Read all formulas under `functions:`; `net.users` then holds those that are right."""
    pending = dict(net.spec.functions)
    while pending:
        ready = [f for f in pending.values() if not any(_mentions(f, name) for name in pending)]
        if not ready:
            return _circular(net, list(pending))
        for function in ready:
            del pending[function.name]
            _user_function(net, function)


def arities(net: Assembly) -> dict[str, int]:
    """Functions that a formula can call, with the number of arguments written in a call."""
    return dict.fromkeys(callable_names(), 1) | {name: len(f.args) for name, f in net.users.items()}


def loss_formula(net: Assembly, loss: LossFunctionSpec) -> Expr | None:
    """A formula under `losses:` over `p` and `t`, whatever its arguments are called; None where it is at fault."""
    context = f"loss function '{loss.name}'"
    if len(loss.args) != 2:
        hint = "The first is the prediction, the second the target."
        net.fault(("losses", loss.name, "args"), f"{context}: expected 2 arguments, got {len(loss.args)}", hint)
        return None
    body = _formula(net, loss.formula, [*loss.args, *loss.constants], context)
    if body is None or _learns(net, body, ("losses", loss.name), context):
        return None
    return bind(bind(body, constants(loss.constants)), dict(zip(loss.args, (Read("p"), Read("t")), strict=True)))


def with_scalars(net: Assembly, expr: Expr, scalar: Callable[[str, float], Expr]) -> Expr:
    """Calls of formulas that learn, with their scalars behind the arguments.

    `scalar` gives the scalar of a name and a first value.
    """

    def visit(node: Expr) -> Expr:
        function = net.users.get(node.name) if isinstance(node, Call) else None
        if function is None or not isinstance(node, Call):
            return node
        return Call(node.name, (*node.args, *(scalar(name, value) for name, value in function.params)))

    return transform(expr, visit)


def _user_function(net: Assembly, spec: FunctionSpec) -> None:
    context = f"function '{spec.name}'"
    body = _formula(net, spec.formula, [*spec.args, *spec.params, *spec.constants], context)
    if body is not None and not _learns(net, body, ("functions", spec.name), context):
        params = tuple((name, float(value)) for name, value in spec.params.items())
        net.users[spec.name] = Function(spec.name, tuple(spec.args), bind(body, constants(spec.constants)), params)


def _formula(net: Assembly, text: Text, names: Sequence[str], context: str) -> Expr | None:
    scope = Scope({name: Tensor(name, ()) for name in names}, functions=arities(net))
    try:
        return parse_expression(text.text, scope, "formula")
    except FormulaError as error:
        net.formula_fault(text, error, context)
        return None


def _learns(net: Assembly, body: Expr, where: tuple[str, str], context: str) -> bool:
    name = next((n for n in sorted(calls(body)) if n in net.users and net.users[n].params), None)
    if name is not None:
        hint = f"Write the formula of '{name}' out."
        net.fault(where, f"{context}: it calls '{name}', which has learnable parameters", hint)
    return name is not None


def _circular(net: Assembly, names: Sequence[str]) -> None:
    for name in names:
        net.fault(("functions", name), f"function '{name}': it calls itself, or others in a circle")


def _mentions(function: FunctionSpec, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\s*\(", function.formula.text) is not None
