"""A network put together in Python, call by call, without a file.

    >>> from symprop.network import Sketch
    >>> net = (
    ...     Sketch("mlp").input("x", 3).target("y", 1)
    ...     .layer("dense", units=8, activation="tanh").layer("dense", id="out", units=1)
    ...     .loss("mse").build()
    ... )
    >>> print(net.equations[-1])
    L = sum[n,j]((Z_out[n,j] - y[n,j])**2)/N

Enters: names and options, as in a spec.  Leaves: a `NetSpec`, and from it a `Network`.  Every call gives a new
sketch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from symprop.language import Network
from symprop.library import LOSSES
from symprop.network.activations import picked
from symprop.network.build import build
from symprop.spec.model import (
    FunctionSpec,
    InputSpec,
    LayerSpec,
    LossFunctionSpec,
    LossSpec,
    NetSpec,
    OptimizerSpec,
    ParamSpec,
    Pick,
    Text,
    TrainingSpec,
)

Extent = int | str
Choice = str | Pick | None


def pick(name: str, **options: Any) -> Pick:
    """An entry with options: `pick("leaky_relu", negative_slope=0.2)`."""
    return Pick(name, options)


@dataclass(frozen=True)
class Sketch:
    """A spec in the making; `spec` holds what was said so far."""

    name: str
    spec: NetSpec = field(default=NetSpec("", (), (), ()), repr=False)

    def input(self, name: str, *shape: Extent, vocabulary: Extent | None = None) -> Sketch:
        """A feature input, its shape without the batch axis; with a vocabulary it holds tokens."""
        return self._with(inputs=(*self.spec.inputs, InputSpec(name, shape, vocabulary=vocabulary)))

    def target(self, name: str, *shape: Extent, classes: Extent | None = None) -> Sketch:
        """What predictions are compared with; with classes it holds labels."""
        return self._with(inputs=(*self.spec.inputs, InputSpec(name, shape, role="target", classes=classes)))

    def dims(self, **extents: int) -> Sketch:
        """Named extents."""
        return self._with(dims={**self.spec.dims, **extents})

    def function(
        self, name: str, formula: str, args: Sequence[str] = ("x",), params: Mapping[str, float] | None = None
    ) -> Sketch:
        """A scalar formula that layers can use as activation; `params` are learnable, with their initial values."""
        made = FunctionSpec(name, tuple(args), Text(formula), dict(params or {}))
        return self._with(functions={**self.spec.functions, name: made})

    def loss_function(self, name: str, formula: str, args: Sequence[str] = ("p", "t")) -> Sketch:
        """A loss by formula, of a prediction and a target."""
        return self._with(losses={**self.spec.losses, name: LossFunctionSpec(name, tuple(args), Text(formula))})

    def layer(
        self,
        type: str,
        *,
        id: str = "",
        inputs: str | Sequence[str] | Mapping[str, str] = (),
        activation: Choice = None,
        tie: str | Mapping[str, str] | None = None,
        **options: Any,
    ) -> Sketch:
        """A layer of the library; it reads the layer above unless `inputs` names others, in order or by argument."""
        chosen = None if activation is None else picked(activation)
        number = len(self.spec.layers) + 1
        ties = {"": tie} if isinstance(tie, str) else dict(tie or {})
        return self._and(LayerSpec(number, id, type, self._sources(inputs), chosen, options, tie=ties))

    def equations(
        self,
        *equations: str,
        output: str,
        args: Mapping[str, Sequence[Extent]],
        params: Mapping[str, Sequence[Extent]] | None = None,
        states: Mapping[str, Sequence[Extent]] | None = None,
        updates: Sequence[str] = (),
        inference: Sequence[str] = (),
        extents: Mapping[str, Extent] | None = None,
        init: Mapping[str, str | Pick] | None = None,
        id: str = "",
        inputs: str | Sequence[str] = (),
        activation: Choice = None,
    ) -> Sketch:
        """A layer of one's own; shapes of `args` are without the batch axis, those of `params` and `states` are whole.

        A state is kept between batches: `updates` are its equations in training, `inference` those that take the place
        of others outside of it.
        """
        chosen = None if activation is None else picked(activation)
        drawn = {name: picked(value) for name, value in (init or {}).items()}
        learnt, kept = (
            {name: ParamSpec(name, tuple(shape), drawn.get(name)) for name, shape in (given or {}).items()}
            for given in (params, states)
        )
        made = LayerSpec(
            len(self.spec.layers) + 1,
            id,
            "equations",
            self._sources(inputs),
            chosen,
            equations=tuple(map(Text, equations)),
            args={name: tuple(shape) for name, shape in args.items()},
            params=learnt,
            states=kept,
            updates=tuple(map(Text, updates)),
            inference=tuple(map(Text, inference)),
            output=output,
            extents={name: str(extent) for name, extent in (extents or {}).items()},
        )
        return self._and(made)

    def loss(
        self,
        type: str,
        source: str | Sequence[str] | Mapping[str, str] = "",
        target: str = "",
        *,
        weight: float = 1.0,
        reduce: str = "mean",
        l1: float = 0.0,
        l2: float = 0.0,
        mask: str = "",
        **options: Any,
    ) -> Sketch:
        """A term of the loss; by default of the last layer and, where it has one, the first target.

        Keys of further inputs that the loss can read are given as options are.
        """
        read = source or (self.spec.layers[-1].reference if self.spec.layers else "")
        read = read if isinstance(read, str | Mapping) else tuple(read)
        if type not in LOSSES or LOSSES[type].has_target:
            target = target or next((entry.name for entry in self.spec.targets()), "")
        keys = LOSSES[type].further.keys() if type in LOSSES else set[str]()
        further = {name: options.pop(name) for name in keys & options.keys()}
        made = LossSpec(type, read, target, weight, reduce, l1, l2, options, mask=mask, further=further)
        return self._with(loss=(*self.spec.loss, made))

    def optimizer(
        self, name: str, *, clip_norm: float | None = None, schedule: Choice = None, **options: Any
    ) -> Sketch:
        """How parameters are updated."""
        chosen = None if schedule is None else picked(schedule)
        return self._with(optimizer=OptimizerSpec(name, options, clip_norm, chosen))

    def training(self, **settings: Any) -> Sketch:
        """How long and in which steps; see `TrainingSpec`."""
        return self._with(training=TrainingSpec(**settings))

    def build(self) -> Network:
        """The equations.

        Raises:
            SpecError: names, options or shapes do not fit; every fault is listed.
        """
        return build(replace(self.spec, name=self.name, file=self.name))

    def _sources(self, inputs: str | Sequence[str] | Mapping[str, str]) -> Any:
        if isinstance(inputs, Mapping):
            return inputs
        if inputs:
            return (inputs,) if isinstance(inputs, str) else tuple(inputs)
        if self.spec.layers:
            return (self.spec.layers[-1].reference,)
        return tuple(entry.name for entry in self.spec.inputs if entry.role == "input")[:1]

    def _and(self, layer: LayerSpec) -> Sketch:
        return self._with(layers=(*self.spec.layers, layer))

    def _with(self, **changes: Any) -> Sketch:
        return replace(self, spec=replace(self.spec, **changes))
