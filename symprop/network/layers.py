"""Layers of the library: Z_<id> and parameters from what they read.

Enters: a layer of the spec and the tensors its references stand for.  Leaves: its equations, in the assembly.  What
a layer computes is in the library; here are only names, shapes and the faults of both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from symprop.errors import Fault, FormulaError
from symprop.language import Equation, Expr, Extent, Number, Position, Read, Tensor
from symprop.language.expressions import substitute
from symprop.library import INITIALISERS, LAYERS, Layer, Parameter
from symprop.library.options import completed
from symprop.network.activations import Target, activate, called, picked
from symprop.network.assembly import Assembly
from symprop.network.binding import bound, pick, positive, require
from symprop.network.functions import with_scalars
from symprop.network.patterns import Template, instance
from symprop.network.rewrite import Renaming
from symprop.network.shapes import Bindings, shown
from symprop.network.ties import shared, turned
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
    own = {name: value for name, value in layer.options.items() if name in entry.options}
    if layer.activation is not None and "activation" in entry.options:
        own.setdefault("activation", layer.activation)
    options = completed(entry.options, own)
    work = _Work(net, layer, entry, target, options, given)
    result = work.result()
    choice = layer.activation or options.get("activation")
    if result is not None and choice is not None and "activation" not in work.entry.called:
        result = activate(net, net.tensors[result], picked(choice), target)
    if result is not None:
        net.outputs[layer.reference] = result

SAMPLED = {
    "dropout": "an entry is 0 with probability {0} and 1/(1 - {0}) otherwise",
    "noise": "entries are normal numbers of mean 0 and variance 1",
}


@dataclass
class _Work:
    """One layer being built.

    Args:
        local: tensors by the names the entry's equations read them under.
        names: their names in the network, where these are not made from the local ones.
        absent: what stands for the parameters and arguments that are left out.
        turned: shared parameters whose axes are read in the other order.
        functions: names of the functions that stand for the options which equations call.
    """

    net: Assembly
    layer: LayerSpec
    entry: Layer
    target: Target
    options: Mapping[str, Any]
    given: Sequence[Tensor]
    local: dict[str, Tensor] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    absent: dict[str, Expr] = field(default_factory=dict)
    turned: set[str] = field(default_factory=set)
    functions: dict[str, str] = field(default_factory=dict)

    def result(self) -> str | None:
        """Name of the result before its activation, None where the layer is at fault."""
        if not self._counted():
            return None
        named = self._named()
        if not self._kinds_fit(named):
            return None
        if not self.entry.equations:
            return self.given[0].name
        self.entry = self.entry.form(self.options, named)
        if self.entry.variadic:
            return self._combined()
        if not self._call():
            return None
        try:
            return self._defined(named, bound(self.entry, self.options, named, self.net.extents, self._called))
        except FormulaError as error:
            for fault in error.faults:
                self.fault(f"{fault.where}: {fault.message}" if fault.where else fault.message, fault.hint)
            return None

    def fault(self, message: str, hint: str = "") -> None:
        """Note a fault of this layer."""
        self.net.fault(self.target.where, f"{self.target.owner}: {self.entry.name}: {message}", hint)

    # -- what it reads -------------------------------------------------------------------------------------------

    def _named(self) -> dict[str, Tensor]:
        """The tensors by argument, in the order of the arguments; of any number of arguments by number."""
        if isinstance(self.layer.inputs, Mapping):
            by_name = dict(zip(self.layer.inputs, self.given, strict=True))
            self.given = [by_name[name] for name in sorted(by_name, key=lambda n: [*self.entry.args, n].index(n))]
            return {name: by_name[name] for name in self.entry.args if name in by_name}
        args = [*self.entry.args, *(str(k) for k in range(len(self.entry.args), len(self.given)))]
        return dict(zip(args, self.given, strict=False))

    def _kinds_fit(self, named: Mapping[str, Tensor]) -> bool:
        before = len(self.net.faults)
        for name, tensor in named.items():
            integers = name in self.entry.args and self.entry.is_integer(name)
            if tensor.dtype != "real" and not integers:
                self.fault(f"{tensor.name} holds integers; expected real numbers")
            elif tensor.dtype == "real" and integers:
                self.fault(f"{tensor.name} holds real numbers; expected integers", "Give the input a vocabulary.")
        return len(self.net.faults) == before

    def _counted(self) -> bool:
        count, least, most = len(self.given), len(self.entry.needed), len(self.entry.args)
        if least <= count and (count <= most or self.entry.variadic):
            return True
        words = f"at least {least}" if self.entry.variadic else f"{least} to {most}" if least < most else str(least)
        self.fault(f"expected {words} input{'' if words == '1' else 's'}, got {count}", "Name them under in.")
        return False

    def _called(self, tensor: Tensor) -> str:
        """What the spec calls a tensor that this layer reads."""
        for reference in self.layer.sources:
            if self.net.outputs.get(reference) == tensor.name:
                return f"layer {reference}" if reference.isdecimal() else reference
        return tensor.name

    def _call(self) -> bool:
        """Find the functions that stand for activations which equations call; False where one is at fault."""
        for name in self.entry.called:
            function = called(self.net, picked(self.options[name]), self.target)
            if function is None:
                return False
            self.functions[name] = function.name
        return True

    # -- what it makes -------------------------------------------------------------------------------------------

    def _defined(self, named: Mapping[str, Tensor], bindings: Bindings) -> str:
        self.local = dict(named)
        for name in self.entry.args:
            if name not in named:
                self.local[name] = Tensor(name, bindings.axes(self.entry.args[name]))
                self.absent[name] = Number(self.entry.optional[name])
        self._learn(bindings)
        self._sample(bindings)
        self._keep(bindings)
        for name, shape in self.entry.recurrent.items():
            self.local[name], self.names[name] = Tensor(name, bindings.axes(shape)), self.target.name(name)
        names = {**{name: tensor.name for name, tensor in self.local.items()}, **self.names}
        self.local["Z"] = Tensor("Z", positive(bindings.axes(self.entry.shape), "its result"))
        template = Template(
            tuple(map(self._written, (*self.entry.equations, *self.entry.updates, *self.entry.inference))),
            self.local,
            len(bindings.dots or ()),
            bindings.names,
            self._constants(),
            f"layer '{self.entry.name}'",
            {name: bindings.value(text) for name, text in self.entry.indices.items()},
            bindings,
            tuple(self.functions.values()),
        )
        count, made = len(self.entry.equations), instance(template)
        result = self._all(made[:count], names)
        self._beside([self._renamed(equation, names) for equation, _ in made[count:]])
        return result

    def _all(self, made: Sequence[tuple[Equation, Tensor]], names: dict[str, str]) -> str:
        """Define the tensors; a copy needs none of its own, and the result one where it copies an argument."""
        result, own = "", set[str]()
        for equation, tensor in made:
            body = equation.body
            copied = body.tensor if isinstance(body, Read) and body.indices == equation.indices else ""
            if copied and (tensor.name != "Z" or copied in own):
                result = names[tensor.name] = names[copied]
                continue
            own.add(tensor.name)
            names[tensor.name] = self.target.name(tensor.name)
            result = self._define(self._renamed(equation, names), tensor)
        return result

    def _written(self, text: str) -> str:
        """An equation with the functions that options stand for."""
        for option, function in self.functions.items():
            text = re.sub(rf"\b{option}(?=\()", function, text)
        return text

    def _renamed(self, equation: Equation, names: Mapping[str, str]) -> Equation:
        made = Renaming(names, self.absent, turned=frozenset(self.turned)).equation(equation)
        return made.with_body(with_scalars(self.net, made.body, self._scalar))

    def _scalar(self, name: str, value: float) -> Read:
        target = self.target
        return self.net.parameter(target.name(name), value, target.origin, target.owner, target.where)

    def _beside(self, equations: Sequence[Equation]) -> None:
        """Keep the updates, which come first, and the equations of inference."""
        made = [replace(e, origin=self.target.origin, source=self.entry.source) for e in equations]
        self.net.updates += made[: len(self.entry.updates)]
        self.net.inference += made[len(self.entry.updates) :]

    def _define(self, equation: Equation, tensor: Tensor) -> str:
        self.net.use_all(equation.body)
        made = replace(tensor, name=equation.target, origin=self.target.origin)
        return self.net.define(equation, made, self.target.owner, self.target.where, self.entry.source)

    def _constants(self) -> dict[str, Any]:
        """Options that the equations can read as numbers."""
        kinds = ("number", "numbers", "flag")
        return {name: self.options[name] for name, option in self.entry.options.items() if option.kind in kinds}

    def _learn(self, bindings: Bindings) -> None:
        for number, (name, parameter) in enumerate(self.entry.params.items()):
            if parameter.when and not self.options[parameter.when]:
                self.absent[name] = Number(parameter.absent)
            other = None if name in self.absent else shared(self.net, self.layer, name, number == 0)
            if other is not None:
                self._share(name, parameter, other, bindings)
            else:
                self._own(name, parameter, bindings)

    def _own(self, name: str, parameter: Parameter, bindings: Bindings) -> None:
        axes = positive(self._axes_of(parameter, bindings), f"parameter {name}")
        fans = tuple(bindings.value(text).constant or 1 for text in parameter.fans.split(",") if text)
        tensor = Tensor(
            self.target.name(name),
            axes,
            role="param",
            init=initial(self.options[parameter.init], len(axes)),
            origin=self.target.origin,
            fans=(fans[0], fans[1]) if fans else None,
        )
        self.local[name] = tensor
        if name not in self.absent:
            self.net.add(tensor, self.target.owner, self.target.where)

    def _axes_of(self, parameter: Parameter, bindings: Bindings) -> tuple[Extent, ...]:
        for name, option in self.entry.options.items():
            if option.kind == "extent" and name not in bindings.names and name in parameter.shape:
                raise FormulaError(Fault("", f"option '{name}' is missing", "Give it, or tie a parameter."))
        return bindings.axes(parameter.shape)

    def _share(self, name: str, parameter: Parameter, other: Tensor, bindings: Bindings) -> None:
        """Read another layer's parameter; its shape gives extents that no option gave."""

        def fits(axes: tuple[Extent, ...]) -> bool:
            trial = bindings.copy()
            found = trial.match(parameter.shape, axes)
            if found:
                bindings.names.update(trial.names)
            return found

        def expected() -> str:
            return shown(self._axes_of(parameter, bindings))

        if turned(other, fits, self.fault, expected):
            self.turned.add(name)
        self.local[name] = Tensor(name, self._axes_of(parameter, bindings))
        self.names[name] = other.name

    def _sample(self, bindings: Bindings) -> None:
        for name, (shape, distribution, option) in self.entry.samples.items():
            given = (("rate", float(self.options[option])),) if option else ()
            made = Tensor(
                self.target.name(name),
                bindings.axes(shape),
                role="sample",
                init=(distribution, given),
                origin=self.target.origin,
            )
            self.local[name] = self.net.add(made, self.target.owner, self.target.where)
            drawn = SAMPLED[distribution].format(*(f"{value:g}" for _, value in given))
            self.net.note(
                f"{made.name}: in training {drawn}, drawn anew for every step; outside training every entry is "
                f"{made.at_rest}."
            )

    def _keep(self, bindings: Bindings) -> None:
        for name, (shape, init) in self.entry.state.items():
            axes = bindings.axes(shape)
            made = Tensor(
                self.target.name(name), axes, role="state", init=initial(init, len(axes)), origin=self.target.origin
            )
            self.local[name] = self.net.add(made, self.target.owner, self.target.where)

    # -- layers of any number of arguments ---------------------------------------------------------------------------

    def _combined(self) -> str | None:
        """Fold the equation over the arguments, from the left."""
        so_far, equation = self.given[0], None
        for tensor in self.given[1:]:
            try:
                bindings = self._paired(so_far, tensor)
            except FormulaError as error:
                self.fault(error.faults[0].message)
                return None
            if bindings is None:
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
        template = Template(
            self.entry.equations, local, dots, bindings.names, where=self.entry.name, bindings=bindings
        )
        ((equation, _),) = instance(template)
        names = {"a": self.given[0].name, "b": tensor.name, "Z": self.target.name("Z")}
        values = {} if before is None else {"a": _widened(before, equation)}
        return Renaming(names, values).equation(equation), made

    def _differ(self) -> None:
        """`add: inputs differ in shape, fc1 (N, 64) and stem (N, 32). Give both 64 units.`"""
        first = self.given[0]
        other = next((t for t in self.given if self._paired(first, t) is None), self.given[1])
        pair = f"{self._called(first)} {shown(first.axes)} and {self._called(other)} {shown(other.axes)}"
        hint = ""
        if self.entry.same == "shape" and first.axes[:-1] == other.axes[:-1]:
            hint = f"Give both {first.axes[-1]} units."
        self.fault(f"inputs differ in {self.entry.same or 'shape'}, {pair}", hint)

    def _paired(self, first: Tensor, other: Tensor) -> Bindings | None:
        """The names of the shapes of two arguments, None where they do not go together."""
        bindings = Bindings()
        pick(bindings, self.entry, self.options, len(first.axes) - 1)
        require(bindings, self.entry)
        pairs = zip(self.entry.args.values(), (first.axes, other.axes), strict=True)
        return bindings if all([bindings.match(shape, axes) for shape, axes in pairs]) else None


def _widened(before: Equation, after: Equation) -> Expr:
    """What was combined so far, at the indices of a result that may be longer; reads beyond it are 0."""
    pairs = zip(before.free, after.free, strict=True)
    return substitute(before.body, {old: Position.of(new) for old, new in pairs if old != new})
