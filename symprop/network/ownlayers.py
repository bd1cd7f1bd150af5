"""Layers that a spec writes as equations.

Enters: a layer with arguments, parameters and equations under names of its own.  Leaves: the same equations under the
network's names, M_<id> for M; the output, as of every layer, is Z_<id>.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from symprop.errors import FormulaError
from symprop.language import Equation, Expr, Extent, Read, Scope, Tensor, declared, defined, parse_definition
from symprop.library.scalars import bind, constants, exact
from symprop.network.activations import Target, activate
from symprop.network.assembly import Assembly
from symprop.network.functions import arities, with_scalars
from symprop.network.layers import initial, sources_of, target_of
from symprop.network.rewrite import Renaming
from symprop.network.shapes import BATCH, Axes, Bindings, shown
from symprop.network.ties import shared, turned
from symprop.spec.formulas import index_extent
from symprop.spec.model import LayerSpec, ParamSpec, Shape, Text


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
        absent: what stands for the arguments that are left out.
        turned: shared parameters whose axes are read in the other order.
        bindings: what the names of shapes stand for.
    """

    net: Assembly
    layer: LayerSpec
    target: Target
    local: dict[str, Tensor] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    absent: dict[str, Expr] = field(default_factory=dict)
    turned: set[str] = field(default_factory=set)
    bindings: Bindings = field(default_factory=Bindings)

    def result(self, given: list[Tensor]) -> str | None:
        """Name of the output, None where the layer is at fault."""
        if not self._arguments(given):
            return None
        self._learn()
        self._keep()
        self.local |= {name: Tensor(name, ()) for name in self.layer.options}
        for text in self.layer.equations:
            equation = self._parsed(text)
            if equation is None:
                return None
            self._define(equation)
        if self.layer.output not in self.names:
            given_names = {*self.layer.args, *self.layer.params, *self.layer.states}
            known = ", ".join(name for name in self.names if name not in given_names)
            self._fault(f"output '{self.layer.output}' is not defined by its equations, which define {known}")
            return None
        self.net.updates += self._beside(self.layer.updates)
        self.net.inference += self._beside(self.layer.inference)
        return self.names[self.layer.output]

    def _fault(self, message: str) -> None:
        self.net.fault(self.target.where, f"{self.target.owner}: {message}")

    def _arguments(self, given: list[Tensor]) -> bool:
        args, optional = self.layer.args, self.layer.optional
        named = isinstance(self.layer.inputs, Mapping)
        names = list(self.layer.inputs) if named else list(args)[: max(len(given), len(args) - len(optional))]
        needed = [name for name in args if name not in optional]
        if not set(needed) <= set(names) <= set(args) or len(given) != len(names):
            count = str(len(args)) if not optional else f"{len(needed)} to {len(args)}"
            self._fault(f"expected {count} inputs, for {', '.join(args)}, got {len(given)}")
            return False
        spec = self.net.spec
        self.bindings.names |= dict(zip(spec.dims, self.net.extents(spec.dims), strict=True))
        self.bindings.names |= dict(zip(self.layer.sizes, self.net.extents(self.layer.sizes.values()), strict=True))
        fed = [self._argument(name, tensor) for name, tensor in zip(names, given, strict=True)]
        if not all(fed) or not self._extents_are_known():
            return False
        for name in args:
            if name not in self.local:
                self.local[name] = Tensor(name, (BATCH, *self._axes(args[name])))
                self.absent[name] = exact(optional[name])
        return True

    def _argument(self, name: str, tensor: Tensor) -> bool:
        shape = self.layer.args[name]
        self.local[name], self.names[name] = replace(tensor, name=name), tensor.name
        fits = self.bindings.match(", ".join(map(str, ("N", *shape))), tensor.axes)
        if not fits:
            axes = (BATCH, *(self.bindings.names.get(str(e), Extent.of(e)) for e in shape))
            self._fault(f"argument {name} is declared {shown(axes)}, but {tensor.name} is {shown(tensor.axes)}")
        return fits

    def _extents_are_known(self) -> bool:
        """False, and noted, where a shape names an extent that only an argument gives which is left out."""
        held = [spec.shape for spec in (*self.layer.params.values(), *self.layer.states.values())]
        for extent in (e for shape in (*self.layer.args.values(), *held) for e in shape):
            if isinstance(extent, str) and extent not in self.bindings.names:
                self._fault(f"no argument that is given has the extent {extent}")
                return False
        return True

    def _axes(self, shape: Shape) -> Axes:
        return self.bindings.axes(", ".join(map(str, shape)))

    def _learn(self) -> None:
        for number, (name, spec) in enumerate(self.layer.params.items()):
            if (other := shared(self.net, self.layer, name, number == 0)) is not None:
                self._share(name, self._axes(spec.shape), other)
            else:
                self._hold(spec, "param")

    def _keep(self) -> None:
        for spec in self.layer.states.values():
            self._hold(spec, "state")

    def _hold(self, spec: ParamSpec, role: str) -> None:
        name, axes, target = spec.name, self._axes(spec.shape), self.target
        init = initial(spec.init, len(axes))
        made = Tensor(target.name(name), axes, role=role, init=init, origin=target.origin)
        self.local[name], self.names[name] = replace(made, name=name), made.name
        self.net.add(made, target.owner, (*target.where, f"{role}s", name))

    def _share(self, name: str, axes: Axes, other: Tensor) -> None:
        if turned(other, lambda found: found == axes, self._fault, lambda: shown(axes)):
            self.turned.add(name)
        self.local[name], self.names[name] = Tensor(name, axes), other.name

    def _parsed(self, text: Text) -> Equation | None:
        try:
            return parse_definition(text.text, self._scope(text))[0]
        except FormulaError as error:
            self.net.formula_fault(text, error, self.target.owner)
            return None

    def _scope(self, text: Text) -> Scope:
        names = self.bindings.names
        indices = {name: index_extent(extent, names) for name, extent in self.layer.extents.items()}
        indices = {**declared(text.text, self.local), **indices}
        return Scope(self.local, indices, extents=names, functions=arities(self.net))

    def _define(self, equation: Equation) -> None:
        name = equation.target
        self.names[name] = self.target.name("Z" if name == self.layer.output else name)
        made = self._renamed(equation)
        tensor = replace(defined(made), origin=self.target.origin)
        self.local[name] = replace(tensor, name=name)
        self.net.define(made, tensor, self.target.owner, self.target.where)

    def _beside(self, texts: Sequence[Text]) -> list[Equation]:
        """Updates, or the equations of inference."""
        where = self.net.spec.where(*self.target.where)
        made = [self._renamed(equation) for text in texts if (equation := self._parsed(text)) is not None]
        return [replace(equation, origin=self.target.origin, where=where) for equation in made]

    def _renamed(self, equation: Equation) -> Equation:
        sizes = {name: size for name, size in self.bindings.names.items() if name != "N"}
        bound = equation.with_body(bind(equation.body, constants(self.layer.options)))
        made = Renaming(self.names, self.absent, sizes, frozenset(self.turned)).equation(bound)
        made = made.with_body(with_scalars(self.net, made.body, self._scalar))
        self.net.use_all(made.body)
        return made

    def _scalar(self, name: str, value: float) -> Read:
        target = self.target
        return self.net.parameter(target.name(name), value, target.origin, target.owner, target.where)
