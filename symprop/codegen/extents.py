"""Numbers for all extents but N, which is what kernels are written for.

Enters: a network and sizes of its named extents.  Leaves: the network whose arrays have N rows or a fixed shape; an
input without rows is an array that is given once, as a state is: a matrix A, a number lambda.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symprop.errors import Fault, FormulaError
from symprop.language import Network, Tensor, extent_names, sized
from symprop.spec.places import instead

BATCH = "N"


def with_sizes(network: Network, sizes: Mapping[str, int]) -> Network:
    """The network with integers for its named extents.

    Args:
        network: of any front end.
        sizes: of all named extents but N.

    Raises:
        FormulaError: a size is missing, is no positive integer, or belongs to no extent.
    """
    names = [name for name in extent_names(network) if name != BATCH]
    faults = [Fault(f"size of {name}", _wrong(name, size, names)) for name, size in sizes.items()]
    faults = [fault for fault in faults if fault.message]
    faults += [_rows_learnt(tensor) for tensor in network.params if _has_rows(tensor)]
    missing = [name for name in names if name not in sizes]
    if missing and not faults:
        message = f"extent{'s' if len(missing) > 1 else ''} {', '.join(missing)} without a size; kernels have numbers"
        hint = f"Add {' '.join(f'--size {name}=4' for name in missing)}, or sizes= from Python."
        faults.append(Fault(f"network '{network.name}'", f"{message} for all extents but N", hint))
    if faults:
        raise FormulaError(faults)
    fixed = sized(network, sizes)
    return replace(fixed, tensors={name: _given_once(tensor) for name, tensor in fixed.tensors.items()})


def _wrong(name: str, size: int, names: list[str]) -> str:
    if name == BATCH:
        return "N is the number of rows, which kernels read from the arrays"
    if name not in names:
        return f"no extent has this name; {instead(name, names)}"
    return "" if isinstance(size, int) and 1 <= size < 2**31 else f"{size} is no size; expected a positive integer"


def _rows_learnt(tensor: Tensor) -> Fault:
    message = "it has N rows, as data have, and cannot be learnt; expected a shape without N"
    return Fault(f"parameter '{tensor.name}'", message, "Say what is learnt with --wrt, or wrt= from Python.")


def _has_rows(tensor: Tensor) -> bool:
    return any(BATCH in axis.names for axis in tensor.axes)


def _given_once(tensor: Tensor) -> Tensor:
    fixed = tensor.role == "input" and tensor.dtype == "real" and not _has_rows(tensor)
    return replace(tensor, role="state") if fixed else tensor
