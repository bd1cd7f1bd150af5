"""Layers of the library: Z_<id> and parameters from what they read.

Enters: a layer of the spec and the tensors its references stand for.  Leaves: its equations, in the assembly.  What
a layer computes is in the library; here are only names, shapes and the faults of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from symprop.language import Equation, Expr, Position, Tensor
from symprop.language.expressions import ZERO, substitute
from symprop.library import INITIALISERS, LAYERS, Layer
from symprop.library.options import completed
from symprop.network.activations import Target, activate, picked
from symprop.network.assembly import Assembly
from symprop.network.patterns import Template, instance
from symprop.network.rewrite import Renaming
from symprop.network.shapes import Bindings, shown
from symprop.spec.model import LayerSpec, Pick, suffix

Init = tuple[str, tuple[tuple[str, float], ...]]


def target_of(layer: LayerSpec) -> Target:
    """Where a layer's tensors go, and what messages call it."""
    owner = f"layer '{layer.id}'" if layer.id else f"layer {layer.number}"
    return Target(suffix(layer.id, layer.number), layer.reference, owner, ("layers", layer.number - 1))


def sources_of(net: Assembly, layer: LayerSpec) -> list[Tensor] | None:
    """The tensors a layer reads, None where one of them could not be built."""
    names = [net.outputs.get(reference) for reference in layer.sources]
    found = [net.tensors[name] for name in names if name is not None]
    return found if len(found) == len(names) else None


def initial(choice: Pick | str | None, rank: int) -> Init:
    """Name and options of an initialiser; by default glorot_uniform, and zeros for fewer than two axes."""
    pick = picked(choice or ("glorot_uniform" if rank > 1 else "zeros"))
    values = completed(INITIALISERS[pick.name].options, pick.options)
    return pick.name, tuple((name, float(value)) for name, value in values.items())


def library_layer(net: Assembly, layer: LayerSpec) -> None:
    """Add a layer of the library, and its output to `net.outputs` unless it is at fault."""
    entry, target, given = LAYERS[layer.type], target_of(layer), sources_of(net, layer)
    if given is None:
        return
    if isinstance(layer.inputs, Mapping):
        given = _in_order(entry, layer.inputs, given)
    own = {name: value for name, value in layer.options.items() if name in entry.options}
    if layer.activation is not None and "activation" in entry.options:
        own.setdefault("activation", layer.activation)
    work = _Work(net, layer, entry, target, completed(entry.options, own), given)
    result = work.result()
    choice = layer.activation or work.options.get("activation")
    if result is not None and choice is not None:
        result = activate(net, net.tensors[result], picked(choice), target)
    if result is not None:
        net.outputs[layer.reference] = result


@dataclass
class _Work:
    """One layer being built.

    Args:
        local: tensors by the names the entry's equations read them under.
        absent: what stands for the parameters that are left out.
    """

    net: Assembly
    layer: LayerSpec
    entry: Layer
    target: Target
    options: Mapping[str, Any]
    given: Sequence[Tensor]
    local: dict[str, Tensor] = field(default_factory=dict)
    absent: dict[str, Expr] = field(default_factory=dict)

    def result(self) -> str | None:
        """Name of the result before its activation, None where the layer is at fault."""
        if not (self._all_real() and self._counted()):
            return None
        if not self.entry.equations:
            return self.given[0].name
        if self.entry.variadic:
            return self._combined()
        bindings = self._bound()
        return None if bindings is None else self._defined(bindings)

    def fault(self, message: str, hint: str = "") -> None:
        """Note a fault of this layer."""
        self.net.fault(self.target.where, f"{self.target.owner}: {self.entry.name}: {message}", hint)

    # -- what it reads -------------------------------------------------------------------------------------------

    def _all_real(self) -> bool:
        whole = [t for t in self.given if t.dtype != "real"]
        for tensor in whole:
            self.fault(f"{tensor.name} holds integers; expected real numbers")
        return not whole

    def _counted(self) -> bool:
        count, expected = len(self.given), len(self.entry.args)
        if count == expected or (self.entry.variadic and count > expected):
            return True
        least = "at least " if self.entry.variadic else ""
        plural = "" if expected == 1 else "s"
        self.fault(f"expected {least}{expected} input{plural}, got {count}", "Name them under in.")
        return False

    def _bound(self) -> Bindings | None:
        sizes = {n: self.options[n] for n, o in self.entry.options.items() if o.kind in ("extent", "integer")}
        bindings = Bindings()
        bindings.names.update({name: self.net.extents([size])[0] for name, size in sizes.items()})
        for shape, tensor in zip(self.entry.args.values(), self.given, strict=True):
            if not bindings.match(shape, tensor.axes):
                self.fault(f"{self._called(tensor)} has shape {shown(tensor.axes)}; expected ({_axes(shape)})")
                return None
        if "(...)" in self.entry.shape and not bindings.dots:
            self.fault(f"{self._called(self.given[0])} has the batch axis alone; expected at least one more")
            return None
        self.local = dict(zip(self.entry.args, self.given, strict=True))
        return bindings

    def _called(self, tensor: Tensor) -> str:
        """What the spec calls a tensor that this layer reads."""
        for reference in self.layer.sources:
            if self.net.outputs.get(reference) == tensor.name:
                return f"layer {reference}" if reference.isdecimal() else reference
        return tensor.name

    # -- what it makes -------------------------------------------------------------------------------------------

    def _defined(self, bindings: Bindings) -> str:
        self._learn(bindings)
        self._sample(bindings)
        names = {name: tensor.name for name, tensor in self.local.items()}
        self.local["Z"] = Tensor("Z", bindings.axes(self.entry.shape))
        template = Template(
            self.entry.equations,
            self.local,
            len(bindings.dots or ()),
            bindings.names,
            self._constants(),
            f"layer '{self.entry.name}'",
        )
        result = ""
        for equation, tensor in instance(template):
            names[tensor.name] = self.target.name(tensor.name)
            result = self._define(Renaming(names, self.absent).equation(equation), tensor)
        return result

    def _define(self, equation: Equation, tensor: Tensor) -> str:
        self.net.use_all(equation.body)
        made = replace(tensor, name=equation.target, origin=self.target.origin)
        return self.net.define(equation, made, self.target.owner, self.target.where, self.entry.source)

    def _constants(self) -> dict[str, Any]:
        """Options that the equations can read as numbers."""
        kinds = ("number", "numbers", "flag")
        return {name: self.options[name] for name, option in self.entry.options.items() if option.kind in kinds}

    def _learn(self, bindings: Bindings) -> None:
        for name, parameter in self.entry.params.items():
            axes = bindings.axes(parameter.shape)
            init = initial(self.options[parameter.init], len(axes))
            tensor = Tensor(self.target.name(name), axes, role="param", init=init, origin=self.target.origin)
            self.local[name] = tensor
            if parameter.when and not self.options[parameter.when]:
                self.absent[name] = ZERO
            else:
                self.net.add(tensor, self.target.owner, self.target.where)

    def _sample(self, bindings: Bindings) -> None:
        for name, (shape, distribution, option) in self.entry.samples.items():
            rate = float(self.options[option])
            made = Tensor(
                self.target.name(name),
                bindings.axes(shape),
                role="sample",
                init=(distribution, ((option, rate),)),
                origin=self.target.origin,
            )
            self.local[name] = self.net.add(made, self.target.owner, self.target.where)
            self.net.note(
                f"{made.name}: in training an entry is 0 with probability {rate:g} and 1/(1 - {rate:g}) otherwise, "
                "drawn anew for every step; outside training every entry is 1."
            )

    # -- layers of any number of arguments ---------------------------------------------------------------------------

    def _combined(self) -> str | None:
        """Fold the equation over the arguments, from the left."""
        so_far, equation = self.given[0], None
        for tensor in self.given[1:]:
            bindings = Bindings()
            pairs = zip(self.entry.args.values(), (so_far.axes, tensor.axes), strict=True)
            if not all([bindings.match(shape, axes) for shape, axes in pairs]):
                self._differ()
                return None
            equation, so_far = self._step(so_far, tensor, bindings, equation)
        return None if equation is None else self._define(equation, so_far)

    def _step(
        self, so_far: Tensor, tensor: Tensor, bindings: Bindings, before: Equation | None
    ) -> tuple[Equation, Tensor]:
        made = Tensor("Z", bindings.axes(self.entry.shape))
        local = {"a": so_far, "b": tensor, "Z": made}
        dots = len(bindings.dots or ())
        template = Template(self.entry.equations, local, dots, bindings.names, where=self.entry.name)
        ((equation, _),) = instance(template)
        names = {"a": self.given[0].name, "b": tensor.name, "Z": self.target.name("Z")}
        values = {} if before is None else {"a": _widened(before, equation)}
        return Renaming(names, values).equation(equation), made

    def _differ(self) -> None:
        """`add: inputs differ in shape, fc1 (N, 64) and stem (N, 32). Give both 64 units.`"""
        first = self.given[0]
        other = next((t for t in self.given if not self._alike(first, t)), self.given[1])
        pair = f"{self._called(first)} {shown(first.axes)} and {self._called(other)} {shown(other.axes)}"
        hint = ""
        if self.entry.same == "shape" and first.axes[:-1] == other.axes[:-1]:
            hint = f"Give both {first.axes[-1]} units."
        self.fault(f"inputs differ in {self.entry.same or 'shape'}, {pair}", hint)

    def _alike(self, first: Tensor, other: Tensor) -> bool:
        bindings = Bindings()
        pairs = zip(self.entry.args.values(), (first.axes, other.axes), strict=True)
        return all([bindings.match(shape, axes) for shape, axes in pairs])


def _in_order(entry: Layer, names: Mapping[str, str], given: list[Tensor]) -> list[Tensor]:
    """Tensors that were named by argument, in the order of the arguments."""
    by_name = dict(zip(names, given, strict=True))
    return [by_name[name] for name in sorted(by_name, key=lambda n: [*entry.args, n].index(n))]


def _widened(before: Equation, after: Equation) -> Expr:
    """What was combined so far, at the indices of a result that may be longer; reads beyond it are 0."""
    pairs = zip(before.free, after.free, strict=True)
    return substitute(before.body, {old: Position.of(new) for old, new in pairs if old != new})


def _axes(shape: str) -> str:
    """A shape of the library as messages show it, the batch axis first."""
    return "N, " + shape if shape.startswith("...") and shape != "..." else shape
