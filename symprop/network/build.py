"""NetSpec and library to Network.

Enters: a spec whose names are known and whose references resolve.  Leaves: its equations with their tensors, or every
fault of its shapes at once.
"""

from __future__ import annotations

from symprop.errors import Fault, SpecError
from symprop.language import Network, Optimizer, Tensor, Training
from symprop.language.expressions import ONE
from symprop.library import OPTIMIZERS, SCHEDULES
from symprop.network.assembly import Assembly
from symprop.network.check import names_are_known
from symprop.network.functions import user_functions
from symprop.network.layers import library_layer
from symprop.network.layout import laid_out
from symprop.network.losses import total_loss
from symprop.network.ownlayers import own_layer
from symprop.network.shapes import BATCH
from symprop.spec.model import InputSpec, NetSpec


def build(spec: NetSpec, text: str = "") -> Network:
    """The equations of a spec, in its layout.

    Args:
        spec: what the network is.
        text: the spec as it was written, kept with the network.

    Raises:
        SpecError: shapes, names or activations do not fit; every fault is listed, in the order of the spec.
    """
    net = Assembly(spec)
    if names_are_known(net):
        _assemble(net)
    if net.faults:
        raise SpecError(sorted(dict.fromkeys(net.faults), key=_order))
    found = Network(
        name=spec.name,
        tensors=net.tensors,
        equations=tuple(net.equations),
        functions=net.functions,
        outputs=tuple(dict.fromkeys(net.outputs[source] for term in spec.loss for source in term.sources)),
        notes=tuple(net.notes),
        symbols=dict(spec.symbols),
        optimizer=_optimizer(spec),
        training=_training(spec),
        text=text,
        updates=tuple(net.updates),
        inference=tuple(net.inference),
    )
    return laid_out(found, spec.layout)


def _assemble(net: Assembly) -> None:
    user_functions(net)
    for entry in net.spec.inputs:
        _input(net, entry)
    for layer in net.spec.layers:
        before = len(net.faults)
        (own_layer if layer.type == "equations" else library_layer)(net, layer)
        if len(net.faults) > before:
            # what reads a layer at fault is not judged
            net.outputs.pop(layer.reference, None)
    total_loss(net)
    net.check_adjoints()


def _input(net: Assembly, entry: InputSpec) -> None:
    high = entry.classes if entry.classes is not None else entry.vocabulary
    tensor = Tensor(
        entry.name,
        (BATCH, *net.extents(entry.shape)),
        dtype=entry.dtype,
        role=entry.role,
        high=None if high is None else net.extents([high])[0],
    )
    net.outputs[entry.name] = tensor.name
    net.add(tensor, f"{'target' if entry.role == 'target' else 'input'} '{entry.name}'", ("inputs", entry.name))


def _optimizer(spec: NetSpec) -> Optimizer:
    chosen, schedule = spec.optimizer, spec.optimizer.schedule
    factor = ONE if schedule is None else SCHEDULES[schedule.name].expression(**schedule.options)
    return OPTIMIZERS[chosen.name].optimizer(schedule=factor, clip_norm=chosen.clip_norm, **chosen.options)


def _training(spec: NetSpec) -> Training:
    chosen = spec.training
    return Training(chosen.epochs, chosen.batch_size, chosen.seed, chosen.dtype, chosen.shuffle, chosen.threads)


def _order(fault: Fault) -> tuple[list[int], str]:
    """Faults by line and column, as numbers."""
    return [int(part) for part in fault.where.split(":")[-2:] if part.isdecimal()], fault.message
