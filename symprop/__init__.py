"""symprop: gradients of networks as mathematics one can read, and as compiled functions.

    net = symprop.load("net.yaml")            # Network: a list of tensor equations
    net = symprop.formula("sum((X@w - y)**2)", {"X": "N,D", "y": "N", "w": "D"}, wrt=["w"])  # the same, of a formula
    d = symprop.derive(net)                   # Derivation: the adjoint equations
    k = symprop.compile(net)                  # the generated module, loaded
    symprop.generate(net, "spam_kernels.py")  # the generated module, written
    report = symprop.verify(net, "hand.yaml") # a verdict on each gradient derived by hand
    model = symprop.Model.from_network(net)   # fit, predict, save

Importing the package imports neither SymPy, NumPy nor Numba; each of them comes with the first call that needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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

__all__ = [
    "Derivation",
    "Model",
    "Network",
    "__version__",
    "compile",
    "derive",
    "formula",
    "generate",
    "load",
    "verify",
]

_WHERE = {
    "Derivation": "symprop.derivation",
    "Model": "symprop.model",
    "Network": "symprop.language",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'symprop' has no attribute {name!r}")


def load(path: str | Path, wrt: Sequence[str] = ()) -> Network:
    """The network a net.yaml describes, or that of a loss in Python.

    Args:
        path: a net.yaml, "hand.py:loss", or "-" for standard input.
        wrt: what a loss in Python is differentiated by, and learns; all real arguments by default.

    Raises:
        SpecError: the spec has faults; all of them are in the message, each with line and column.
        FormulaError: the function cannot be traced; the message names the line.
        MachineError: the file cannot be read.
    """
    from symprop.session import read_network

    return read_network(path, wrt)


def formula(text: str, shapes: Mapping[str, str], wrt: Sequence[str] = ()) -> Network:
    """The network whose loss is a formula in NumPy notation: sum(log(1 + exp(-y*(X@w)))).

    Args:
        text: an expression, or statements behind ; or on lines of their own, the last of which is the loss.
        shapes: the extents of every name it reads, "N,D"; "" of a number; "N<C" of integers below C.
        wrt: what it is differentiated by, and learns; all real arguments by default.

    Raises:
        FormulaError: the formula cannot be read, its value is no number, or names and shapes do not match.
    """
    from symprop.session import formula as network_of

    return network_of(text, shapes, wrt)


def derive(network: Network | str | Path, layout: str | None = None) -> PresentedDerivation:
    """The adjoint dL/dx of every real tensor x of a network, with the steps that lead to it.

    Args:
        network: a network, or what `load` reads.
        layout: "rows", or "columns" for Z = W X; the network's own by default.

    Raises:
        InputError: the network cannot be differentiated; the message names the equation.
        UndecidedError: the derivation takes longer than a minute.
    """
    from symprop.derivation import derive as sweep
    from symprop.network import laid_out
    from symprop.presented import PresentedDerivation

    found = _network(network)
    return PresentedDerivation.of(sweep(found if layout is None else laid_out(found, layout)))


def compile(
    network: Network | str | Path,
    backend: str = "numba",
    dtype: str | None = None,
    sizes: Mapping[str, int] | None = None,
    extras: Iterable[str] = (),
) -> ModuleType:
    """The generated module of a network, loaded: init_params, forward, loss, value_and_grad, fit.

    Args:
        network: a network, or what `load` reads.
        backend: "numba" (compiled) or "numpy" (the readable reference).
        dtype: "float32" or "float64"; the spec's own by default, float64 of a formula.
        sizes: of the named extents of a formula but N, {"D": 57}.
        extras: further functions, such as "hvp"; the names are those of `symprop.derivation.QUANTITIES`.

    Raises:
        FormulaError: an extent has no size, or no input has N rows.
        InputError: an extra is unknown, or the network has no such quantity.
        MachineError: the backend's package is missing.
    """
    from symprop.session import kernels

    return kernels(_network(network), backend, dtype, sizes, extras)


def generate(
    network: Network | str | Path,
    path: str | Path,
    backend: str = "numba",
    dtype: str | None = None,
    force: bool = False,
    sizes: Mapping[str, int] | None = None,
    extras: Iterable[str] = (),
) -> Path:
    """Write the generated module of a network; it stands alone, and is the same bytes for the same spec.

    Args:
        network: a network, or what `load` reads.
        path: the file to write; one that is not symprop's own unmodified output is replaced only with `force`.
        backend: "numba" (compiled) or "numpy" (the readable reference).
        dtype: "float32" or "float64"; the spec's own by default, float64 of a formula.
        force: replace whatever is there.
        sizes: of the named extents of a formula but N, {"D": 57}.
        extras: as of `compile`.

    Raises:
        InputError: the file exists and is not symprop's own unmodified output, or as `compile`.
        MachineError: it cannot be written.
    """
    from symprop.codegen import write_module
    from symprop.session import module_source

    write_module(Path(path), module_source(_network(network), backend, dtype, sizes, extras), force=force)
    return Path(path)


def verify(
    network: Network | str | Path | None,
    claims: str | Path,
    timeout: float = 60.0,
    accept_agrees: bool = False,
    convention: Mapping[str, str] | None = None,
) -> Report:
    """Compare a hand derivation with the derivation of a network.

    Args:
        network: a network, or what `load` reads; None where a Python file of claims has a loss of its own.
        claims: the YAML file of the claims, or "-" for standard input; or a Python file, whose functions are run.
        timeout: seconds for all claims; what is not proved by then is only said to agree.
        accept_agrees: whether a claim that agrees at all points tried, without a proof, counts as right.
        convention: what the claims take for granted, {"batch": "columns", "weights": "out_in"}; by default what their
            file declares, or how their arrays lie.

    Raises:
        ClaimError: the claims have faults; all of them are in the message, each with line and column.
    """
    from symprop.verification import verify as compare

    net = None if network is None else _network(network)
    return compare(net, claims, timeout, accept_agrees, convention)


def _network(network: Network | str | Path) -> Network:
    return load(network) if isinstance(network, str | Path) else network
