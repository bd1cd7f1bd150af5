"""Names, references and options of a spec, checked against the library before equations are made.

Enters: a spec, read from a file or put together in Python.  Leaves: faults in the assembly.  A spec from a file was
checked as it was read, with the place of every key; this is what one made in Python can rely on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symprop.library import ACTIVATIONS, INITIALISERS, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, Registry
from symprop.library.registry import Entry
from symprop.network.activations import picked
from symprop.network.assembly import Assembly, Where
from symprop.spec.model import LayerSpec, LossSpec, Pick


def names_are_known(net: Assembly) -> bool:
    """Note every unknown name, missing option and option out of its range; True where there is none."""
    known = {entry.name for entry in net.spec.inputs if entry.role == "input"}
    for layer in net.spec.layers:
        _layer(net, layer, known)
        known.add(layer.reference)
    for number, term in enumerate(net.spec.loss):
        _term(net, term, ("loss", number))
    chosen = net.spec.optimizer
    _entry(net, OPTIMIZERS, chosen.name, chosen.options, ("optimizer",), "optimizer")
    if chosen.schedule is not None:
        schedule = chosen.schedule
        _entry(net, SCHEDULES, schedule.name, schedule.options, ("optimizer", "schedule"), "optimizer: schedule")
    return not net.faults


def _layer(net: Assembly, layer: LayerSpec, known: set[str]) -> None:
    owner, where = f"layer '{layer.id}'" if layer.id else f"layer {layer.number}", ("layers", layer.number - 1)
    if layer.reference in known:
        net.fault(where, f"{owner}: the name '{layer.reference}' is taken", "Give it another id.")
    for reference in layer.sources:
        if reference not in known:
            net.fault((*where, "in"), f"{owner}: in: unknown source '{reference}'; expected {_either(known)}")
    if layer.activation is not None:
        _activation(net, layer.activation, (*where, "activation"), owner)
    if layer.type != "equations" and _entry(net, LAYERS, layer.type, layer.options, where, owner):
        _picks(net, layer, where, owner)


def _picks(net: Assembly, layer: LayerSpec, where: Where, owner: str) -> None:
    entry = LAYERS[layer.type]
    if layer.activation is None and entry.options.get("activation") is not None and not entry.equations:
        given = layer.options.get("activation")
        if given is None:
            net.fault(where, f"{owner}: option 'activation' is missing")
    for name, option in entry.options.items():
        value = layer.options.get(name)
        if option.kind == "initialiser" and value is not None:
            pick = picked(value)
            _entry(net, INITIALISERS, pick.name, pick.options, (*where, name), f"{owner}: {name}")
        elif option.kind == "activation" and value is not None:
            _activation(net, picked(value), (*where, name), owner)


def _activation(net: Assembly, choice: Pick, where: Where, owner: str) -> None:
    if choice.name not in net.spec.functions:
        _entry(net, ACTIVATIONS, choice.name, choice.options, where, owner)


def _term(net: Assembly, term: LossSpec, where: Where) -> None:
    layers = [layer.reference for layer in net.spec.layers]
    targets = [entry.name for entry in net.spec.inputs]
    for source in term.sources:
        if source not in layers:
            net.fault((*where, "from"), f"loss: from: unknown layer '{source}'; expected {_either(layers)}")
    _reads(net, term, where)
    for key, name in {"target": term.target, "mask": term.mask, **term.further}.items():
        if name and name not in targets:
            net.fault((*where, key), f"loss: {key}: unknown input '{name}'; expected {_either(targets)}")
    if term.type not in net.spec.losses:
        _entry(net, LOSSES, term.type, term.options, where, "loss")
    if term.reduce not in ("mean", "sum"):
        net.fault(where, f"loss: reduce: expected mean or sum, got '{term.reduce}'")


def _reads(net: Assembly, term: LossSpec, where: Where) -> None:
    """Whether a loss is given as many layers as it reads, and a target where it has one."""
    entry = LOSSES.get(term.type)
    names = list(entry.args) if entry is not None and entry.args else ["p"]
    given = list(term.source) if isinstance(term.source, Mapping) else names
    if len(term.sources) != len(names) or sorted(given) != sorted(names):
        message = f"loss: from: expected {len(names)} layer{'s' * (len(names) > 1)}, for {', '.join(names)}"
        net.fault((*where, "from"), f"{message}, got {', '.join(term.sources)}")
    wanted = entry is None or entry.has_target
    if wanted and not term.target:
        net.fault((*where, "target"), f"loss: target: {term.type} compares with a target; expected an input, got none")
    if term.target and not wanted:
        net.fault((*where, "target"), f"loss: target: {term.type} has no target; expected none, got '{term.target}'")


def _entry(
    net: Assembly, registry: Registry[Any], name: str, options: Mapping[str, Any], where: Where, owner: str
) -> bool:
    """Whether an entry exists and takes these options."""
    if name not in registry:
        net.fault(where, f"{owner}: unknown {registry.family} '{name}'; {registry.suggestion(name)}")
        return False
    before = len(net.faults)
    _options(net, registry[name], options, where, owner)
    return len(net.faults) == before


def _options(net: Assembly, entry: Entry, given: Mapping[str, Any], where: Where, owner: str) -> None:
    for name in given:
        if name not in entry.options:
            net.fault(where, f"{owner}: {entry.name} has no option '{name}'; expected {_either(entry.options)}")
    for name, option in entry.options.items():
        fault = option.fault(given[name]) if name in given else None
        if fault:
            net.fault((*where, name), f"{owner}: {name}: {fault}")
        elif option.required and name not in given and option.kind != "activation":
            net.fault(where, f"{owner}: option '{name}' of {entry.name} is missing")


def _either(names: Any) -> str:
    words = sorted(names)
    return f"one of {', '.join(words)}" if len(words) > 1 else words[0] if words else "none"
