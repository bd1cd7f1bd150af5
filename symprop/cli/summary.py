"""What `symprop show` says of a network: a table of layers, totals, operation counts, training and data.

Enters: a network, whose text is its spec unless it is a formula, and the kernel plan.  Leaves: a `Summary`, as text and
as plain values.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from symprop.cli.tables import count, pairs, table
from symprop.language import Extent, Network, Tensor
from symprop.plan import KernelPlan
from symprop.spec import NetSpec, Pick, parse_spec

BYTES = {"float32": 4, "float64": 8}
Shape = tuple[int | str, ...]
"""Extents; "N" is the batch."""


@dataclass(frozen=True)
class LayerRow:
    """A layer or an input.

    Args:
        id: how a spec refers to it.
        type: entry of the library, "input" or "target"; with the activation where it has one.
        shape: axes of its output, () of a scalar.
        parameters: number of learnable entries.
        tensors: names of its tensors but parameters, with their axes.
        params: the same of its parameters.
        states: the same of what training updates without a gradient.
    """

    id: str
    type: str
    shape: Shape
    parameters: int
    tensors: dict[str, Shape]
    params: dict[str, Shape]
    states: dict[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """All that is shown.

    Args:
        name: of the network.
        rows: inputs, layers and loss, in order.
        dtype: of the arrays.
        operations: arithmetic operations by program, as functions of the batch N.
        batch: N for which they are evaluated as well.
        settings: name and words of the loss, the optimizer and so on.
        notes: conventions.
    """

    name: str
    rows: tuple[LayerRow, ...]
    dtype: str
    operations: dict[str, Extent]
    batch: int
    settings: dict[str, str]
    notes: tuple[str, ...]

    @property
    def parameters(self) -> int:
        """Number of learnable entries."""
        return sum(row.parameters for row in self.rows)

    @property
    def parameter_bytes(self) -> int:
        """Memory of the parameters."""
        return self.parameters * BYTES[self.dtype]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "schema": 1,
            "name": self.name,
            "layers": [vars(row) for row in self.rows],
            "parameters": self.parameters,
            "parameter_bytes": self.parameter_bytes,
            "dtype": self.dtype,
            "operations": {name: {"formula": str(e), "batch": self._at(e)} for name, e in self.operations.items()},
            "batch": self.batch,
            **self.settings,
            "notes": list(self.notes),
        }

    def as_text(self) -> str:
        """Tables."""
        heads = ["id", "type", "output", "parameters", "tensors"]
        cells = [[r.id, r.type, _shown(r.shape), _entries(r), _names(r)] for r in self.rows]
        size = f"{count(self.parameters)} ({count(self.parameter_bytes)} bytes of {self.dtype})"
        operations = [
            (name, f"{extent} operations, {count(self._at(extent))} for N = {self.batch}")
            for name, extent in self.operations.items()
        ]
        facts = pairs([("parameters", size), *operations, *self.settings.items()])
        notes = "\n".join(f"- {note}" for note in self.notes)
        return "\n\n".join(filter(None, [self.name, table(heads, cells, right=["parameters"]), facts, notes]))

    def _at(self, extent: Extent) -> int:
        return extent.value({"N": self.batch})


def summary_of(network: Network, plan: KernelPlan, batch: int) -> Summary:
    """The summary of a network, and what `batch` rows cost."""
    spec = parse_spec(network.text) if network.text else None
    forward, both = plan.program("forward").flops, plan.program("gradient").flops
    return Summary(
        name=network.name,
        rows=tuple(_values(network) if spec is None else _rows(spec, network)),
        dtype=network.training.dtype,
        operations={"forward": forward, "forward and backward": both},
        batch=batch,
        settings={} if spec is None else _settings(spec),
        notes=network.notes,
    )


def _values(network: Network) -> Iterable[LayerRow]:
    """Of a formula: its arguments and values, one by one."""
    for tensor in network.tensors.values():
        role = "value" if tensor.role == "intermediate" else tensor.role
        entries = math.prod(axis.constant or 0 for axis in tensor.axes) if role == "param" else 0
        yield LayerRow(tensor.name, role, _axes(tensor), entries, {tensor.name: _axes(tensor)}, {})


def _rows(spec: NetSpec, network: Network) -> Iterable[LayerRow]:
    for entry in spec.inputs:
        tensor = network.tensors[entry.name]
        yield LayerRow(entry.name, entry.role, _axes(tensor), 0, {entry.name: _axes(tensor)}, {})
    for layer in spec.layers:
        own = [t for t in network.tensors.values() if t.origin == layer.reference]
        words = f"{layer.type}, {layer.activation.name}" if layer.activation else layer.type
        yield _row(layer.reference, words, own)
    known = {layer.reference for layer in spec.layers}
    rest = [t for t in network.tensors.values() if t.role not in ("input", "target") and t.origin not in known]
    yield _row("loss", ", ".join(term.type for term in spec.loss), rest)


def _row(id_: str, words: str, own: list[Tensor]) -> LayerRow:
    params = [t for t in own if t.role == "param"]
    states = {t.name: _axes(t) for t in own if t.role == "state"}
    others = [t for t in own if t.role not in ("param", "state")]
    shape = _axes(others[-1]) if others else ()
    entries = sum(math.prod(axis.constant or 0 for axis in t.axes) for t in params)
    tensors, learnt = ({t.name: _axes(t) for t in group} for group in (others, params))
    return LayerRow(id_, words, shape, entries, tensors, learnt, states)


def _names(row: LayerRow) -> str:
    learnt = (f"{name} {_shown(shape)}" for name, shape in row.params.items())
    return ", ".join([*row.tensors, *learnt, *(f"{name} {_shown(shape)} state" for name, shape in row.states.items())])


def _entries(row: LayerRow) -> str:
    return count(row.parameters) if row.parameters else ""


def _shown(shape: Shape) -> str:
    """(N, 64), (10,), or scalar."""
    if not shape:
        return "scalar"
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _axes(tensor: Tensor) -> Shape:
    return tuple(str(axis) if axis.constant is None else axis.constant for axis in tensor.axes)


def _settings(spec: NetSpec) -> dict[str, str]:
    found = {"loss": _loss(spec), "optimizer": _optimizer(spec), "training": _training(spec)}
    if spec.data is not None:
        found["data"] = _data(spec)
    if spec.metrics:
        found["metrics"] = ", ".join(metric.name for metric in spec.metrics)
    return found


def _loss(spec: NetSpec) -> str:
    terms = []
    for term in spec.loss:
        extra = {"weight": term.weight if term.weight != 1 else 0, "l1": term.l1, "l2": term.l2}
        words = [f"{term.type} of {' and '.join([*term.sources, *term.inputs])}", term.reduce]
        terms.append(", ".join([*words, *(f"{name} {value:g}" for name, value in extra.items() if value)]))
    return " + ".join(terms)


def _optimizer(spec: NetSpec) -> str:
    chosen = spec.optimizer
    clip = f", clip_norm {chosen.clip_norm:g}" if chosen.clip_norm is not None else ""
    schedule = f", schedule {_pick(chosen.schedule)}" if chosen.schedule else ""
    return _pick(Pick(chosen.name, chosen.options)) + clip + schedule


def _pick(pick: Pick) -> str:
    options = ", ".join(f"{name} {_value(value)}" for name, value in pick.options.items())
    return f"{pick.name} ({options})" if options else pick.name


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _training(spec: NetSpec) -> str:
    chosen, stop = spec.training, spec.training.early_stop
    words = [f"{chosen.epochs} epochs", f"batches of {chosen.batch_size}", f"seed {chosen.seed}", chosen.dtype]
    words += [] if chosen.shuffle else ["rows in order"]
    words += [f"{chosen.threads} threads"] if chosen.threads > 1 else []
    words += [f"stops after {stop.patience} epochs without a better {stop.monitor}"] if stop else []
    return ", ".join(words)


def _data(spec: NetSpec) -> str:
    data = spec.data
    assert data is not None
    words = [data.train or "given with --data"]
    words += [f"{part} {path}" for part in ("validation", "test") if (path := getattr(data, part)) is not None]
    words += ["standardised"] if data.standardize else []
    if data.split is not None:
        shares = ((part, getattr(data.split, part)) for part in ("validation", "test"))
        words += [f"{part} {share:g} of the rows" for part, share in shares if share]
        words += ["stratified"] if data.split.stratify else []
    return ", ".join(words)
