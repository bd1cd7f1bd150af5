"""net.yaml to NetSpec: the stages in their order, and all of their faults in one report."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from symprop.errors import SpecError
from symprop.spec import records
from symprop.spec.blocks import expanded
from symprop.spec.catalog import Catalog, standard
from symprop.spec.graph import Graph
from symprop.spec.layers import Layers
from symprop.spec.limits import DEFAULT, Limits
from symprop.spec.losses import read_loss
from symprop.spec.model import DataSpec, NetSpec, TrainingSpec
from symprop.spec.names import check_names, check_symbols
from symprop.spec.nodes import Mapping, Node, Scalar, compose, places
from symprop.spec.ownlayers import read_layer_types
from symprop.spec.places import TOP, Enough, faults, more
from symprop.spec.reader import Reader, Values
from symprop.spec.sections import (
    entries,
    frozen,
    read_data,
    read_functions,
    read_inputs,
    read_loss_functions,
    read_metrics,
    read_optimizer,
    read_training,
)
from symprop.spec.source import check_characters, read_text, too_long


def read_spec(path: str | os.PathLike[str], catalog: Catalog | None = None, limits: Limits = DEFAULT) -> NetSpec:
    """The spec in a file, or in standard input for `-`.

    Raises:
        MachineError: the file is missing, cannot be read, or is no regular file.
        SpecError: the spec is at fault; every fault is listed, in the order of the text.
    """
    name, text = read_text(path, limits)
    return parse_spec(text, name, catalog, limits)


def parse_spec(
    text: str, name: str = "net.yaml", catalog: Catalog | None = None, limits: Limits = DEFAULT
) -> NetSpec:
    """The spec that a text is.

    Args:
        text: YAML, as described in docs/spec.md.
        name: file name for messages.
        catalog: registries of layers, activations and so on; by default those of the library.
        limits: bounds on what is read.

    Raises:
        SpecError: the spec is at fault; every fault is listed, in the order of the text.
    """
    if len(text) > limits.size_bytes:
        too_long(name, limits)
    check_characters(text, name)
    root, findings = compose(text, limits)
    if root is None:
        raise SpecError(faults(findings, name))
    reader = Reader(root if isinstance(root, Mapping) else Mapping(TOP), catalog or standard(), limits)
    reader.findings += findings
    try:
        return _Parse(root, reader, name).spec()
    except Enough:
        raise SpecError(faults([*reader.findings, more(limits)], name)) from None


class _Parse:
    """One spec on its way through the sections."""

    def __init__(self, root: Node, reader: Reader, name: str) -> None:
        self.name, self.root, self.reader = name, reader.root, reader
        self.top: Values = reader.section(records.ROOT, root) or {}
        self._stop_unless(isinstance(root, Mapping))
        self.reader.known = replace(self.reader.known, dims=self._dims())
        self.root = self.reader.root = expanded(self.reader)

    def _dims(self) -> dict[str, int]:
        """Extents by name; one whose value is at fault keeps its name, with extent 1."""
        pairs = ((key.text, getattr(node, "value", 1)) for key, node in entries(self.root.get("dims")))
        return {name: value if isinstance(value, int) and value > 0 else 1 for name, value in pairs}

    def spec(self) -> NetSpec:
        """Read every section, check what lies across sections, then build."""
        reader, get = self.reader, self.root.get
        functions = read_functions(reader, get("functions"))
        losses = read_loss_functions(reader, get("losses"))
        inputs = read_inputs(reader, get("inputs"))
        types = read_layer_types(reader, get("layer_types"))
        layers = Layers(reader, functions, inputs, types).read(get("layers"))
        loss = read_loss(reader, get("loss"), losses)
        metrics = read_metrics(reader, get("metrics"))
        training = read_training(reader, get("training"), _monitors(metric.name for metric in metrics))
        data = read_data(reader, get("data"))
        optimizer = read_optimizer(reader, get("optimizer"))
        Graph(reader, inputs, layers, loss).check()
        names = check_names(reader, functions, losses, inputs, layers, loss)
        symbols = self._symbols()
        check_symbols(reader, symbols, names)
        self._check_monitor(training, data)
        self._stop_unless(not reader.findings)
        return NetSpec(
            name=self.top["name"],
            inputs=tuple(inputs),
            layers=tuple(layers),
            loss=tuple(loss),
            dims=frozen(dict(reader.known.dims)),
            functions=frozen(functions),
            losses=frozen(losses),
            optimizer=optimizer,
            training=training,
            data=data,
            metrics=metrics,
            symbols=frozen(symbols),
            layout=self.top["layout"],
            file=self.name,
            places=MappingProxyType(dict(places(self.root))),
        )

    def _symbols(self) -> dict[str, str]:
        """Symbols by name, those at fault included, so that all names are checked."""
        return {key.text: node.text for key, node in entries(self.root.get("symbols")) if isinstance(node, Scalar)}

    def _check_monitor(self, training: TrainingSpec, data: DataSpec | None) -> None:
        """An early stop that watches a validation set needs one."""
        stop = training.early_stop
        if stop is None or data is None or not stop.monitor.startswith("val_") or self.reader.findings:
            return
        if data.validation is None and (data.split is None or data.split.validation is None):
            message = f"training: early_stop: {stop.monitor} needs validation data; data has none"
            hint = "Add split: {validation: 0.2} under data."
            self.reader.note(self.reader.place("training", "early_stop"), message, hint)

    def _stop_unless(self, good: bool) -> None:
        if not good:
            raise SpecError(faults(self.reader.findings, self.name))


def _monitors(metrics: Iterable[str]) -> list[str]:
    """Quantities of an epoch: the loss on the training rows, the loss and the metrics on the validation rows."""
    return ["loss", "val_loss", *(f"val_{name}" for name in metrics)]
