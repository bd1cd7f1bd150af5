"""Parameters that layers share: `tie: tok.W` reads the parameter W of layer tok in place of one's own.

Enters: what a layer ties, and the shape its own parameter would have.  Leaves: the tensor to read, and whether its two
axes are read in the other order.  The gradient of a shared parameter is the sum over its uses by the chain rule alone.
"""

from __future__ import annotations

from collections.abc import Callable

from symprop.language import Tensor
from symprop.network.assembly import Assembly
from symprop.network.shapes import Axes, shown
from symprop.spec.model import LayerSpec, suffix


def shared(net: Assembly, layer: LayerSpec, name: str, first: bool) -> Tensor | None:
    """The tensor that is read as the parameter `name`; None where it has one of its own, or where that is at fault."""
    reference = layer.tie.get(name) or (layer.tie.get("") if first else None)
    if reference is None:
        return None
    other, _, stem = reference.rpartition(".")
    owner = net.spec.layer(other)
    return None if owner is None else net.tensors.get(stem + suffix(owner.id, owner.number))


def turned(
    tensor: Tensor, fits: Callable[[Axes], bool], fault: Callable[..., None], expected: Callable[[], str]
) -> bool:
    """Whether a shared matrix is read in the other order, because it fits in no other way; a misfit is a fault."""
    if fits(tensor.axes):
        return False
    if len(tensor.axes) == 2 and fits(tensor.axes[::-1]):
        return True
    fault(f"tie: {tensor.name} has shape {shown(tensor.axes)}; expected {expected()}")
    return False
