"""Test cases with named extents made into networks that a module can be generated from: N open, all others integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from symprop.language import Equation, Extent, Network, Tensor
from symprop.language.node import Node, rebuilt
from tests.cases.equations import Case


def batch_name(case: Case) -> str:
    """The extent that plays the batch: N, or the first axis of an integer input, or none."""
    if "N" in case.sizes:
        return "N"
    integers = [t for t in case.given if t.dtype == "integer"]
    return str(integers[0].axes[0]) if integers else ""


def fixed_network(case: Case) -> Network:
    """The case's network; inputs without a batch axis are parameters here, so that their adjoints are compared too."""
    batch = batch_name(case)
    sizes: dict[str, Extent] = {n: Extent.of(v) for n, v in case.sizes.items() if n != batch}
    if batch:
        sizes[batch] = Extent.of("N")
    tensors = {name: _tensor(t, sizes, case) for name, t in case.network.tensors.items()}
    if not any(t.role == "input" for t in tensors.values()):
        tensors["unused"] = Tensor("unused", (Extent.of("N"), Extent.of(1)), role="input")
    equations = tuple(_equation(e, sizes) for e in case.network.equations)
    outputs = (case.network.equations[0].target,)
    return replace(case.network, tensors=tensors, equations=equations, outputs=outputs)


def _tensor(tensor: Tensor, sizes: Mapping[str, Extent], case: Case) -> Tensor:
    axes = tuple(_extent(a, sizes) for a in tensor.axes)
    high = _extent(tensor.high, sizes) if tensor.high is not None else None
    role = tensor.role
    if role in ("input", "param"):
        role = "input" if axes and axes[0] == Extent.of("N") else "param"
    return replace(tensor, axes=axes, high=high, role=role)


def _equation(equation: Equation, sizes: Mapping[str, Extent]) -> Equation:
    return replace(
        equation,
        indices=_fixed(equation.indices, sizes),
        body=_fixed(equation.body, sizes),
        domain=_fixed(equation.domain, sizes),
    )


def _fixed(value: Any, sizes: Mapping[str, Extent]) -> Any:
    if isinstance(value, Extent):
        return _extent(value, sizes)
    if isinstance(value, tuple):
        return tuple(_fixed(v, sizes) for v in value)
    if isinstance(value, Node):
        return rebuilt(type(value), tuple(_fixed(v, sizes) for v in value.fields()))
    return value


def _extent(extent: Extent, sizes: Mapping[str, Extent]) -> Extent:
    total = Extent.of(0)
    for monomial, coefficient in extent.terms:
        factor = Extent.of(coefficient)
        for name in monomial:
            factor = factor * sizes[name]
        total = total + factor
    return total
