"""A claim as the user has it becomes a claim on tensors of the network.

Enters: a claim whose equations read values of the network as the user writes them.  Leaves: the claim over the
network's own tensors, with one more equation where its value lies otherwise or has another scale.
"""

from __future__ import annotations

from dataclasses import replace

from symprop.derivation import Derivation
from symprop.language import Extent
from symprop.language import expressions as ex
from symprop.verification.values import Claim
from symprop.verification.views import Views

CONVERTED = "^"
"""The user's dW1 is stored as dW1'; as dW1'^ it has the axes and the scale of the true one."""


def over_network(claim: Claim, derivation: Derivation, views: Views) -> Claim:
    """The claim over the network.

    Args:
        claim: with its tensor and its equations as they were written.
        derivation: what it is about.
        views: how the user writes the tensors of the network.
    """
    written = claim.tensor
    assert written is not None
    equations = tuple(e.with_body(views.inside(e.body)) for e in claim.equations)
    own = {e.target for e in equations}
    reads = tuple(dict.fromkeys(n for e in equations for n in ex.tensors_read(e.body) if n not in own))
    view = views.get(claim.target)
    claim = replace(claim, equations=equations, reads=reads, written=written, view=view)
    if view is None or view.is_plain or view.axes != written.axes:
        return claim
    tensor = replace(written, name=written.name + CONVERTED, axes=_axes(claim.target, derivation))
    return replace(claim, tensor=tensor, equations=(*equations, views.converted(claim.target, written.name, tensor)))


def _axes(target: str, derivation: Derivation) -> tuple[Extent, ...]:
    """The axes of an adjoint or a value in the network."""
    tensors = derivation.network.tensors
    return tensors[target if target in tensors else target.removeprefix(derivation.prefix)].axes
