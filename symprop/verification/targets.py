"""What the name of a claim is about: an adjoint, a value of the forward pass, or nothing of the network's.

Enters: a name.  Leaves: the name of an adjoint or tensor of the derivation, or "".
"""

from __future__ import annotations

from collections.abc import Mapping

from symprop.derivation import Derivation
from symprop.errors import ClaimError, Fault
from symprop.spec.places import close
from symprop.verification.shortnames import short_parameter

PATTERNS = (("", "_grad"), ("grad_", ""), ("dL_d", ""), ("dLd", ""))


def plain(name: str, aliases: Mapping[str, str]) -> str:
    """A name without dots, aliases replaced: W.fc is W_fc."""
    return aliases.get(name, name).replace(".", "_")


def target_of(name: str, derivation: Derivation, aliases: Mapping[str, str], where: str) -> str:
    """`dW1` for dW1, W1.grad, grad_W1, dL_dW1 and, since it is learnt, W1; `A1` for A1; "" for any other name.

    The only parameter of a letter may be named by it: dW for dW_out.

    Raises:
        ClaimError: the name is the gradient of a tensor that has none.
    """
    wanted, prefix = plain(name, aliases), derivation.prefix
    tensors = derivation.network.tensors
    stems = [wanted.removeprefix(prefix)] if wanted.startswith(prefix) else []
    for before, after in PATTERNS:
        if wanted.startswith(before) and wanted.endswith(after):
            stems.append(wanted[len(before) : len(wanted) - len(after)])
    if wanted in tensors and tensors[wanted].role != "param":
        return wanted
    if wanted in tensors:
        stems.append(wanted)
    for stem in stems:
        known = plain(stem, aliases)
        known = known if known in tensors else short_parameter(known, derivation.network)
        if known in tensors:
            if known == derivation.network.loss:
                raise ClaimError(Fault(where, f"{known} is the loss itself, whose derivative by itself is 1: no claim"))
            if known not in derivation:
                raise ClaimError(Fault(where, f"{known} has no gradient; no parameter or input comes into it"))
            return prefix + known
    return ""


def suggestion(name: str, derivation: Derivation) -> str:
    """`Did you mean 'dW1'?`, or the gradients there are."""
    known = [derivation.prefix + a.tensor for a in derivation]
    near = close(name, known)
    return f"Did you mean '{near}'?" if near else f"The gradients are {', '.join(known[:12])}."
