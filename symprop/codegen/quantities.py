"""Functions of a module beside loss and gradient: products with a direction, gradients by row, Jacobians.

Enters: the quantities that were asked for, and the plan of the derivation.  Leaves: text that follows the module's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symprop.codegen.layout import flat
from symprop.codegen.quantity_programs import QuantityArrays, QuantityLoops
from symprop.codegen.template import render
from symprop.derivation.values import Quantity
from symprop.errors import Fault, FormulaError
from symprop.plan import KernelPlan, plan_quantity

FUNCTIONS = {
    "hvp": "hvp",
    "hessian": "hessian",
    "gauss_newton": "gauss_newton_product",
    "fisher": "fisher_product",
    "empirical_fisher": "empirical_fisher_product",
    "per_example": "per_example_grads",
    "values": "values",
    "input_grad": "input_grad",
    "jacobian": "jacobian",
    "param_jacobian": "param_jacobian",
}
UNLABELLED = ("values", "jacobian", "param_jacobian")
SUMMARY = {
    "hessian": "The Hessian of the loss, (TRAINED, TRAINED), by the parameters in the order of SHAPES.",
    "input_grad": "The gradient of the loss by the inputs, shaped like them.",
    "values": "Every tensor that is computed from inputs and parameters, by its name.",
    "jacobian": "The derivative of every row of an output by the same row of an input, (N, *output, *input).",
    "param_jacobian": "The derivative of every row of an output by the parameters, Params of (N, *output, *parameter).",
}


@dataclass(frozen=True)
class Kernel:
    """One kernel: its name, its lines; as text the size of its workspace, what else it is given, and its results."""

    name: str
    lines: tuple[str, ...]
    work: str = ""
    own: tuple[str, ...] = ()
    results: str = ""


def quantity_source(asked: Mapping[str, Sequence[Quantity]], plan: KernelPlan, backend: str, dtype: str) -> str:
    """The text of all functions that were asked for.

    Raises:
        FormulaError: a quantity is not known to modules.
    """
    lines: list[str] = []
    functions = []
    for name, quantities in asked.items():
        if name not in FUNCTIONS:
            raise FormulaError(Fault("quantities", f"unknown quantity {name!r}; expected {', '.join(FUNCTIONS)}"))
        kernels = [_kernel(name, k, q, plan, backend, dtype) for k, q in enumerate(quantities, 1)]
        lines += [line for kernel in kernels for line in ("", "", *kernel.lines)]
        functions.append(_function(name, quantities, kernels, plan))
    values: dict[str, object] = {"kernels": lines[2:], "functions": functions, "numba": backend == "numba"}
    return render("module_quantities.jinja", values)


def _kernel(name: str, count: int, quantity: Quantity, plan: KernelPlan, backend: str, dtype: str) -> Kernel:
    own = name if name not in UNLABELLED else f"{name}{count}"
    params = flat([*plan.params, *plan.states])
    labelled = name not in UNLABELLED
    made = plan_quantity(quantity, own, plan, 2048 if backend == "numba" else 1, turned=backend == "numba")
    if backend == "numpy":
        return Kernel(own, tuple(QuantityArrays(made, quantity, labelled, params, dtype).lines()))
    writer = QuantityLoops(made, quantity, labelled, params, dtype)
    lines, space = writer.lines(), writer.workspace
    size = f"{space.per_row} * N + {space.fixed}"
    return Kernel(own, tuple(lines), size, tuple(writer.allocated.values()), writer.given_back("own"))


def _function(
    name: str, quantities: Sequence[Quantity], kernels: Sequence[Kernel], plan: KernelPlan
) -> dict[str, object]:
    """What the template writes of one function of the interface."""
    first, tensors = quantities[0], dict(plan.tensors)
    shapes = {output: tuple(a.constant for a in tensors[output].axes[1:]) for output in plan.outputs}
    return {
        "name": FUNCTIONS[name],
        "kind": "vector" if first.directions and name != "hessian" else name,
        "moves": bool(first.directions),
        "words": SUMMARY.get(name, first.words),
        "kernels": kernels,
        "parts": [(k.name, q.results[0][0], q.by) for k, q in zip(kernels, quantities, strict=True)],
        "names": repr(tuple(owner for owner, _ in first.results)),
        "shapes": repr(shapes),
    }
