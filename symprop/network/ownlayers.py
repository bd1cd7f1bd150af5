"""Layers that a spec writes as equations.

Enters: a layer with arguments, parameters and equations under names of its own.  Leaves: the same equations under the
network's names, M_<id> for M; the output, as of every layer, is Z_<id>.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from symprop.errors import FormulaError
from symprop.language import Equation, Read, Scope, Tensor, defined, parse_definition
from symprop.network.activations import Target, activate
from symprop.network.assembly import Assembly
from symprop.network.functions import arities, with_scalars
from symprop.network.layers import initial, sources_of, target_of
from symprop.network.rewrite import Renaming
from symprop.network.shapes import BATCH, Axes, shown
from symprop.network.ties import shared, turned
from symprop.spec.formulas import index_extent
from symprop.spec.model import LayerSpec, Text


def own_layer(net: Assembly, layer: LayerSpec) -> None:
    """Add a layer written as equations, and its output to `net.outputs` unless it is at fault."""
    given = sources_of(net, layer)
    if given is None:
        return
    work = _Work(net, layer, target_of(layer))
    result = work.result(given)
    if result is not None and layer.activation is not None:
        result = activate(net, net.tensors[result], layer.activation, work.target)
    if result is not None:
        net.outputs[layer.reference] = result


@dataclass
class _Work:
    """One layer being built.

    Args:
        local: its tensors by local name.
        names: their names in the network.
        turned: shared parameters whose axes are read in the other order.
    """

    net: Assembly
    layer: LayerSpec
    target: Target
    local: dict[str, Tensor] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    turned: set[str] = field(default_factory=set)

    def result(self, given: list[Tensor]) -> str | None:
        """Name of the output, None where the layer is at fault."""
        if not self._arguments(given):
            return None
        self._learn()
        for text in self.layer.equations:
            equation = self._parsed(text)
            if equation is None:
                return None
            self._define(equation)
        if self.layer.output not in self.names:
            known = ", ".join(n for n in self.names if n not in self.layer.args and n not in self.layer.params)
            self._fault(f"output '{self.layer.output}' is not defined by its equations, which define {known}")
            return None
        return self.names[self.layer.output]

    def _fault(self, message: str) -> None:
        self.net.fault(self.target.where, f"{self.target.owner}: {message}")

    def _arguments(self, given: list[Tensor]) -> bool:
        args = self.layer.args
        names = list(self.layer.inputs) if isinstance(self.layer.inputs, Mapping) else list(args)
        if sorted(names) != sorted(args) or len(given) != len(args):
            self._fault(f"expected {len(args)} inputs, for {', '.join(args)}, got {len(given)}")
            return False
        return all([self._argument(name, tensor) for name, tensor in zip(names, given, strict=True)])

    def _argument(self, name: str, tensor: Tensor) -> bool:
        axes = (BATCH, *self.net.extents(self.layer.args[name]))
        self.local[name], self.names[name] = replace(tensor, name=name), tensor.name
        if axes != tensor.axes:
            self._fault(f"argument {name} is declared {shown(axes)}, but {tensor.name} is {shown(tensor.axes)}")
        return axes == tensor.axes

    def _learn(self) -> None:
        for number, (name, spec) in enumerate(self.layer.params.items()):
            axes = self.net.extents(spec.shape)
            if (other := shared(self.net, self.layer, name, number == 0)) is not None:
                self._share(name, axes, other)
                continue
            made = Tensor(
                self.target.name(name),
                axes,
                role="param",
                init=initial(spec.init, len(axes)),
                origin=self.target.origin,
            )
            self.local[name], self.names[name] = replace(made, name=name), made.name
            self.net.add(made, self.target.owner, (*self.target.where, "params", name))

    def _share(self, name: str, axes: Axes, other: Tensor) -> None:
        if turned(other, lambda found: found == axes, self._fault, lambda: shown(axes)):
            self.turned.add(name)
        self.local[name], self.names[name] = Tensor(name, axes), other.name

    def _parsed(self, text: Text) -> Equation | None:
        try:
            return parse_definition(text.text, self._scope())[0]
        except FormulaError as error:
            self.net.formula_fault(text, error, self.target.owner)
            return None

    def _scope(self) -> Scope:
        indices = {name: index_extent(text, self.net.spec.dims) for name, text in self.layer.extents.items()}
        return Scope(self.local, indices, extents=("N", *self.net.spec.dims), functions=arities(self.net))

    def _define(self, equation: Equation) -> None:
        name = equation.target
        self.names[name] = self.target.name("Z" if name == self.layer.output else name)
        sizes = dict(zip(self.net.spec.dims, self.net.extents(self.net.spec.dims), strict=True))
        made = Renaming(self.names, extents=sizes, turned=frozenset(self.turned)).equation(equation)
        made = made.with_body(with_scalars(self.net, made.body, self._scalar))
        self.net.use_all(made.body)
        tensor = replace(defined(made), origin=self.target.origin)
        self.local[name] = replace(tensor, name=name)
        self.net.define(made, tensor, self.target.owner, self.target.where)

    def _scalar(self, name: str, value: float) -> Read:
        target = self.target
        return self.net.parameter(target.name(name), value, target.origin, target.owner, target.where)
