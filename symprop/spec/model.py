"""NetSpec: what a net.yaml says, as frozen values; every name in it is known and every reference resolves.

Nothing here reads text, knows shapes or makes equations.  Extents are numbers or names from `dims`; options hold every
option of their entry, given or default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from symprop.errors import Fault, FormulaError
from symprop.spec.places import TOP, Place

Extent = int | str
Shape = tuple[Extent, ...]
Path = tuple[str | int, ...]
Options = Mapping[str, Any]
NONE: Mapping[Any, Any] = MappingProxyType({})


def nothing() -> Mapping[Any, Any]:
    """An empty mapping that stays empty."""
    return NONE


@dataclass(frozen=True)
class Text:
    """A formula as it was written.

    Args:
        text: the formula.
        place: where the value begins, its quote included.
        inside: where its first character stands, if it is on one line without escapes.
    """

    text: str
    place: Place = TOP
    inside: Place | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Pick:
    """An entry of a registry with its options: an activation, an initialiser, a schedule, a metric."""

    name: str
    options: Options = field(default_factory=nothing)
    place: Place = TOP


@dataclass(frozen=True)
class FunctionSpec:
    """A scalar formula under `functions:`; `params` are learnable, with their initial values."""

    name: str
    args: tuple[str, ...]
    formula: Text
    params: Mapping[str, float] = field(default_factory=nothing)
    constants: Mapping[str, float] = field(default_factory=nothing)
    place: Place = TOP


@dataclass(frozen=True)
class LossFunctionSpec:
    """A scalar formula under `losses:`, of a prediction and a target."""

    name: str
    args: tuple[str, ...]
    formula: Text
    constants: Mapping[str, float] = field(default_factory=nothing)
    reduce: str = "mean"
    place: Place = TOP


@dataclass(frozen=True)
class InputSpec:
    """An input or a target.

    Args:
        name: tensor name.
        shape: extents without the batch axis; () for class labels.
        role: "input" or "target".
        classes: number of classes of a target of labels.
        vocabulary: number of tokens of an integer input.
        columns: CSV columns, () for the default ones.
    """

    name: str
    shape: Shape
    role: str = "input"
    classes: Extent | None = None
    vocabulary: Extent | None = None
    columns: tuple[str, ...] = ()
    place: Place = TOP

    @property
    def dtype(self) -> str:
        """ "integer" for labels and tokens, else "real"."""
        return "real" if self.classes is None and self.vocabulary is None else "integer"


@dataclass(frozen=True)
class ParamSpec:
    """A parameter or a state of a layer that is written as equations."""

    name: str
    shape: Shape
    init: Pick | None = None
    place: Place = TOP


@dataclass(frozen=True)
class LayerSpec:
    """One layer.

    Args:
        number: position among the layers, from 1.
        id: its id, "" where it has none.
        type: entry of the library, or "equations".
        inputs: references, in order; or a mapping from arguments to references.
        activation: what is applied to its output, if anything.
        options: the entry's other options; initialisers and other activations among them are `Pick` values.
        tie: parameters of other layers, `tok.W`, by the parameter in whose place they are read; "" is the first one.
        equations, args, params, output, extents: of a layer of one's own.
        states, updates, inference, optional: likewise, as in `symprop.library.Layer`.
        sizes: values of those of its options that are extents; `options` are the numbers and flags.
    """

    number: int
    id: str
    type: str
    inputs: tuple[str, ...] | Mapping[str, str]
    activation: Pick | None = None
    options: Options = field(default_factory=nothing)
    equations: tuple[Text, ...] = ()
    args: Mapping[str, Shape] = field(default_factory=nothing)
    params: Mapping[str, ParamSpec] = field(default_factory=nothing)
    output: str = ""
    place: Place = TOP
    tie: Mapping[str, str] = field(default_factory=nothing)
    extents: Mapping[str, str] = field(default_factory=nothing)
    states: Mapping[str, ParamSpec] = field(default_factory=nothing)
    updates: tuple[Text, ...] = ()
    inference: tuple[Text, ...] = ()
    optional: Mapping[str, float] = field(default_factory=nothing)
    sizes: Mapping[str, Extent] = field(default_factory=nothing)

    @property
    def reference(self) -> str:
        """What `in:` and `from:` call it: its id, else its number."""
        return self.id or str(self.number)

    @property
    def sources(self) -> tuple[str, ...]:
        """The references it reads, in order."""
        return tuple(self.inputs.values()) if isinstance(self.inputs, Mapping) else self.inputs

    def tensor(self, stem: str) -> str:
        """Name of one of its tensors: W_fc of a layer with id fc, W2 of the second layer without one."""
        return stem + self.suffix

    @property
    def suffix(self) -> str:
        """What its tensors' names end with."""
        return suffix(self.id, self.number)


def suffix(id_: str, number: int) -> str:
    """`_fc`, or the number where there is no id; a dot reads as `_`."""
    return "_" + id_.replace(".", "_") if id_ else str(number)


@dataclass(frozen=True)
class LossSpec:
    """One term of the loss.

    Args:
        type: an entry of the library, or a formula under `losses:`.
        source: the layer it reads; of a loss of several layers their references in order, or by argument.
        target: the input it compares with, "" where it has none.
        l1, l2: factors of its penalties.
        mask: the input that says which entries count, "" for all.
        further: inputs that its equations read beside the target, by the keys that the library gives them.
    """

    type: str
    source: str | tuple[str, ...] | Mapping[str, str]
    target: str
    weight: float = 1.0
    reduce: str = "mean"
    l1: float = 0.0
    l2: float = 0.0
    options: Options = field(default_factory=nothing)
    place: Place = TOP
    mask: str = ""
    further: Mapping[str, str] = field(default_factory=nothing)

    @property
    def sources(self) -> tuple[str, ...]:
        """The layers it reads, in order."""
        if isinstance(self.source, str):
            return (self.source,)
        return tuple(self.source.values()) if isinstance(self.source, Mapping) else self.source

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs it reads."""
        return tuple(name for name in (self.target, self.mask, *self.further.values()) if name)


@dataclass(frozen=True)
class OptimizerSpec:
    """The update of the parameters; `clip_norm` bounds the global norm of the gradient."""

    name: str
    options: Options = field(default_factory=nothing)
    clip_norm: float | None = None
    schedule: Pick | None = None
    place: Place = TOP


@dataclass(frozen=True)
class EarlyStop:
    """Stop after `patience` epochs in which `monitor` did not improve by more than `min_delta`."""

    patience: int
    monitor: str = "val_loss"
    min_delta: float = 0.0


@dataclass(frozen=True)
class TrainingSpec:
    """How long and in which steps."""

    epochs: int = 10
    batch_size: int = 32
    seed: int = 0
    dtype: str = "float32"
    shuffle: bool = True
    early_stop: EarlyStop | None = None
    threads: int = 1


@dataclass(frozen=True)
class SplitSpec:
    """Fractions of the rows that are held out; None for none."""

    validation: float | None = None
    test: float | None = None
    stratify: bool = True


@dataclass(frozen=True)
class DataSpec:
    """Files, as the spec names them, and what is done to them; `train` is "" where no file is named."""

    train: str = ""
    validation: str | None = None
    test: str | None = None
    standardize: bool = False
    split: SplitSpec | None = None


@dataclass(frozen=True)
class NetSpec:
    """A whole net.yaml.

    Args:
        file: name for messages.
        places: place of every value that was written, by its path from the top.
    """

    name: str
    inputs: tuple[InputSpec, ...]
    layers: tuple[LayerSpec, ...]
    loss: tuple[LossSpec, ...]
    dims: Mapping[str, int] = field(default_factory=nothing)
    functions: Mapping[str, FunctionSpec] = field(default_factory=nothing)
    losses: Mapping[str, LossFunctionSpec] = field(default_factory=nothing)
    optimizer: OptimizerSpec = field(default_factory=lambda: OptimizerSpec("adam"))
    training: TrainingSpec = field(default_factory=TrainingSpec)
    data: DataSpec | None = None
    metrics: tuple[Pick, ...] = ()
    symbols: Mapping[str, str] = field(default_factory=nothing)
    layout: str = "rows"
    file: str = "net.yaml"
    places: Mapping[Path, Place] = field(default_factory=nothing, compare=False, repr=False)

    def where(self, *path: str | int) -> str:
        """`file:line:column` of a value such as ("layers", 0, "units"); of what holds it, where it was not written."""
        at = path
        while at and at not in self.places:
            at = at[:-1]
        place = self.places.get(at)
        return f"{self.file}:{place}" if place else self.file

    def at(self, place: Place) -> str:
        """`file:line:column` of a place."""
        return f"{self.file}:{place}"

    def formula_faults(self, text: Text, error: FormulaError, context: str = "") -> list[Fault]:
        """Faults of a formula with places of the file."""
        return [located(self.file, text, fault, context) for fault in error.faults]

    def layer(self, reference: str) -> LayerSpec | None:
        """The layer that an id, or the number of a layer without one, refers to."""
        return next((layer for layer in self.layers if layer.reference == reference), None)

    def targets(self) -> Iterator[InputSpec]:
        """The inputs whose role is target."""
        return (entry for entry in self.inputs if entry.role == "target")


def located(file: str, text: Text, fault: Fault, context: str = "") -> Fault:
    """A fault whose place counts within a formula, `...: column 7`, with the place in the file."""
    place, inner = place_in(text, fault.where)
    prefix = f"{context}: " if context else ""
    return Fault(f"{file}:{place}", f"{prefix}{inner}{fault.message}", fault.hint)


def place_in(text: Text, where: str) -> tuple[Place, str]:
    """Place in the file of `line 2, column 7` of a formula, and what else must be said to find it."""
    words = where.rpartition(": ")[2]
    numbers = [int(word) for word in words.replace(",", " ").split() if word.isdecimal()]
    if len(numbers) == 1 and text.inside is not None:
        return Place(text.inside.line, text.inside.column + numbers[0] - 1), ""
    return text.place, f"{words} of the formula: " if numbers else ""
