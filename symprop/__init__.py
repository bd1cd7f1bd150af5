"""symprop: gradients of networks as mathematics one can read, and as compiled functions.

    net = symprop.load("net.yaml")            # Network: a list of tensor equations
    d = symprop.derive(net)                   # Derivation: the adjoint equations
    k = symprop.compile(net)                  # the generated module, loaded
    symprop.generate(net, "spam_kernels.py")  # the generated module, written
    report = symprop.verify(net, "hand.yaml") # a verdict on each gradient derived by hand
    model = symprop.Model.from_network(net)   # fit, predict, save

Importing the package imports neither SymPy, NumPy nor Numba; each of them comes with the first call that needs it.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

    from symprop.derivation import Derivation
    from symprop.language import Network
    from symprop.model import Model
    from symprop.presented import PresentedDerivation
    from symprop.verification import Report

try:
    __version__ = version("symprop")
except PackageNotFoundError:  # a checkout that was not installed
    __version__ = "0+unknown"

__all__ = ["Derivation", "Model", "Network", "__version__", "compile", "derive", "generate", "load", "verify"]

_WHERE = {
    "Derivation": "symprop.derivation",
    "Model": "symprop.model",
    "Network": "symprop.language",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'symprop' has no attribute {name!r}")


def load(path: str | Path) -> Network:
    """The network a net.yaml describes.

    Args:
        path: the file, or "-" for standard input.

    Raises:
        SpecError: the spec has faults; all of them are in the message, each with line and column.
        MachineError: the file cannot be read.
    """
    from symprop.session import read_network

    return read_network(path)


def derive(network: Network | str | Path) -> PresentedDerivation:
    """The adjoint dL/dx of every real tensor x of a network, with the steps that lead to it.

    Args:
        network: a network, or the path of a net.yaml.

    Raises:
        InputError: the network cannot be differentiated; the message names the equation.
        UndecidedError: the derivation takes longer than a minute.
    """
    from symprop.derivation import derive as sweep
    from symprop.presented import PresentedDerivation

    return PresentedDerivation.of(sweep(_network(network)))


def compile(
    network: Network | str | Path,
    backend: str = "numba",
    dtype: str | None = None,
    extras: Iterable[str] = (),
) -> ModuleType:
    """The generated module of a network, loaded: init_params, forward, loss, value_and_grad, fit.

    Args:
        network: a network, or the path of a net.yaml.
        backend: "numba" (compiled) or "numpy" (the readable reference).
        dtype: "float32" or "float64"; the spec's own by default.
        extras: further functions, such as "hvp"; the names are those of `symprop.derivation.QUANTITIES`.

    Raises:
        InputError: an extra is unknown, or the network has no such quantity.
        MachineError: the backend's package is missing.
    """
    from symprop.session import kernels

    return kernels(_network(network), backend, dtype, extras)


def generate(
    network: Network | str | Path,
    path: str | Path,
    backend: str = "numba",
    dtype: str | None = None,
    force: bool = False,
    extras: Iterable[str] = (),
) -> Path:
    """Write the generated module of a network; it stands alone, and is the same bytes for the same spec.

    Args:
        network: a network, or the path of a net.yaml.
        path: the file to write; one that is not symprop's own unmodified output is replaced only with `force`.
        backend: "numba" (compiled) or "numpy" (the readable reference).
        dtype: "float32" or "float64"; the spec's own by default.
        force: replace whatever is there.
        extras: as of `compile`.

    Raises:
        InputError: the file exists and is not symprop's own unmodified output, or as `compile`.
        MachineError: it cannot be written.
    """
    from symprop.codegen import write_module
    from symprop.session import module_source

    write_module(Path(path), module_source(_network(network), backend, dtype, extras), force=force)
    return Path(path)


def verify(
    network: Network | str | Path, claims: str | Path, timeout: float = 60.0, accept_agrees: bool = False
) -> Report:
    """Compare a hand derivation with the derivation of a network.

    Args:
        network: a network, or the path of a net.yaml.
        claims: the YAML file of the claims, or "-" for standard input.
        timeout: seconds for all claims; what is not proved by then is only said to agree.
        accept_agrees: whether a claim that agrees at all points tried, without a proof, counts as right.

    Raises:
        ClaimError: the claims have faults; all of them are in the message, each with line and column.
    """
    from symprop.verification import verify as compare

    return compare(_network(network), claims, timeout, accept_agrees)


def _network(network: Network | str | Path) -> Network:
    return load(network) if isinstance(network, str | Path) else network
