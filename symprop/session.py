"""From a net.yaml to what each command needs: the network, its module, the settings of its training.

    path ─► NetSpec ─► Network ─► module text ─► module
                └────► TrainSettings

Enters: a path, or the text of a spec.  Leaves: values of the stages.  The command line and `symprop.Model` go through
here, so that both train the same way.  Each stage is imported when it is asked for; a fault of a spec is found without
SymPy and NumPy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symprop.errors import DataError, Fault, FormulaError

if TYPE_CHECKING:
    from types import ModuleType

    from symprop.language import Network
    from symprop.spec import InputSpec, NetSpec
    from symprop.train import TrainSettings

BUNDLED = "sklearn:"
PYTHON = re.compile(r"(?P<file>.+\.py)(?::(?P<function>\w*))?")
CLASS_METRICS = ("accuracy", "auc", "f1")
OUTPUTS = {"softmax": "probabilities", "sigmoid": "probabilities", "log_softmax": "log_probabilities"}


@dataclass(frozen=True)
class Source:
    """A spec with the network it describes."""

    spec: NetSpec
    network: Network


def read_source(path: str | Path) -> Source:
    """Spec and network of a file, or of standard input for `-`.

    Raises:
        SpecError: the spec has faults; all are listed, with line and column.
        MachineError: the file cannot be read.
    """
    from symprop.spec.source import read_text

    name, text = read_text(str(path))
    return parse_source(text, name)


def parse_source(text: str, name: str = "net.yaml") -> Source:
    """Spec and network of a text.

    Raises:
        SpecError: as `read_source`.
    """
    from symprop.network import build
    from symprop.spec import parse_spec

    spec = parse_spec(text, name)
    return Source(spec, build(spec, text))


def read_network(path: str | Path, wrt: Sequence[str] = ()) -> Network:
    """The network of a net.yaml, or of a loss in Python, file.py:function; as `read_source`.

    Args:
        path: what to read, or `-`.
        wrt: what is differentiated by, of a loss in Python; a spec says what it learns.
    """
    found = PYTHON.fullmatch(str(path))
    return read_source(path).network if found is None else _traced(found["file"], found["function"] or "", wrt)


def _traced(file: str, function: str, wrt: Sequence[str]) -> Network:
    """The network of a loss in Python; where its code needs numbers for extents, it says so."""
    if not function:
        message = "a Python file is no network; expected file.py:function"
        raise FormulaError(Fault(file, message, f"Name the function that returns the loss: {file}:loss."))
    from symprop.frontends import equations_network
    from symprop.language.syntax import NAME
    from symprop.verification.functions import checked_loss

    loss = checked_loss(file, function)
    name = loss.name if NAME.fullmatch(loss.name) else function
    network = equations_network(loss.equations, loss.tensors.values(), wrt, name, f"{file}:{function}")
    numbers = ", ".join(f"{name} = {size}" for name, size in loss.fixed.items())
    notes = (f"The code needs numbers: this holds for {numbers} alone.",) if numbers else ()
    return replace(network, notes=notes)


def formula(text: str, shapes: Mapping[str, str], wrt: Sequence[str] = (), where: str = "formula") -> Network:
    """The network of a loss in NumPy notation; see `symprop.frontends.formula_network`."""
    from symprop.frontends import formula_network

    return formula_network(text, shapes, wrt, where=where)


def module_source(
    network: Network,
    backend: str = "numba",
    dtype: str | None = None,
    sizes: Mapping[str, int] | None = None,
    extras: Iterable[str] = (),
    timed: bool = False,
) -> str:
    """Text of the kernel module; its arrays have examples in rows, whatever the layout of the network.

    Args:
        network: what is compiled.
        backend: "numba" or "numpy".
        dtype: the network's own by default.
        sizes: of its named extents.
        extras: names of `QUANTITIES`.
        timed: with a kernel that repeats one stage.
    """
    from symprop.codegen import generate_module, with_sizes
    from symprop.derivation import derive, quantities
    from symprop.network import laid_out

    derivation = derive(with_sizes(laid_out(network, "rows"), sizes or {}))
    asked = quantities(derivation, extras)
    return generate_module(derivation, backend=backend, dtype=dtype or network.training.dtype, asked=asked, timed=timed)


def kernels(
    network: Network,
    backend: str = "numba",
    dtype: str | None = None,
    sizes: Mapping[str, int] | None = None,
    extras: Iterable[str] = (),
    timed: bool = False,
) -> ModuleType:
    """The kernel module, loaded; as `module_source`."""
    source = module_source(network, backend, dtype, sizes, extras, timed)
    from symprop.codegen import load_module

    return load_module(source, network.name)


def settings_of(spec: NetSpec, **changes: Any) -> TrainSettings:
    """How a spec says its network is trained.

    Args:
        spec: the whole net.yaml.
        changes: fields of `TrainSettings` that are set otherwise, such as epochs=20; None leaves one as it is.

    Raises:
        InputError: a value is out of its range.
    """
    from symprop.train import EarlyStop, TrainSettings

    training, data, stop = spec.training, spec.data, spec.training.early_stop
    split = data.split if data else None
    own = {
        "lr": learning_rate(spec),
        "epochs": training.epochs,
        "batch_size": training.batch_size,
        "seed": training.seed,
        "shuffle": training.shuffle,
        "threads": training.threads,
        "dtype": training.dtype,
        **_meaning(spec),
        "early_stop": EarlyStop(monitor=stop.monitor, patience=stop.patience, min_delta=stop.min_delta)
        if stop
        else None,
        "metrics": tuple(metric.name for metric in spec.metrics),
        "standardize": data.standardize if data else False,
        "validation": (split.validation or 0.0) if split else 0.0,
        "test": (split.test or 0.0) if split else 0.0,
        "stratify": split.stratify if split else True,
        "data": data_path(spec, data.train) if data and data.train else None,
        "columns": {entry.name: entry.columns for entry in spec.inputs if entry.columns},
    }
    return TrainSettings(**{**own, **{name: value for name, value in changes.items() if value is not None}})


def learning_rate(spec: NetSpec) -> float:
    """The base rate of a spec's optimizer."""
    from symprop.library import OPTIMIZERS
    from symprop.library.options import completed

    return float(completed(OPTIMIZERS[spec.optimizer.name].options, spec.optimizer.options)["lr"])


def data_path(spec: NetSpec, path: str) -> str:
    """A path of a spec, which counts from the folder that the spec is in; a data set of a package is left as it is."""
    return path if path.startswith(BUNDLED) or path == "-" else str(Path(spec.file).parent / path)


@contextmanager
def faults_of_data(module: ModuleType) -> Iterator[None]:
    """Give what a generated module says of its arguments as a fault of the data.

    Raises:
        DataError: the module refused an array, before any kernel ran.
    """
    try:
        yield
    except ValueError as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is None or trace.tb_frame.f_globals.get("__name__") != module.__name__:
            raise
        raise DataError(Fault("data", str(error))) from error


def _meaning(spec: NetSpec) -> dict[str, Any]:
    """What the first output and the first target mean: task, output and binary codes of `TrainSettings`."""
    from symprop.library import LOSSES

    term = spec.loss[0]
    entry = LOSSES.get(term.type)
    expects, target = (entry.expects, entry.target) if entry else ("any", "any")
    output = expects if expects != "any" else OUTPUTS.get(_activation(spec, term.sources[0]), "margins")
    labels = next((found for found in spec.inputs if found.name == term.target), None)
    if labels is None:
        return {"task": "regression", "output": "values"}
    if labels.classes is not None:
        return {"task": "classes", "output": output}
    if target == "sign" and _is_single(spec, labels):
        return {"task": "binary", "output": "margins", "binary_codes": (-1.0, 1.0)}
    if _is_single(spec, labels) and any(metric.name in CLASS_METRICS for metric in spec.metrics):
        return {"task": "binary", "output": output}
    # without a task, data of two values are taken as classes, others as probabilities
    return {"task": None, "output": output} if target == "unit" else {"task": "regression", "output": "values"}


def _is_single(spec: NetSpec, entry: InputSpec) -> bool:
    return all(spec.dims.get(str(extent), extent) == 1 for extent in entry.shape)


def _activation(spec: NetSpec, reference: str) -> str:
    layer = spec.layer(reference)
    if layer is None:
        return ""
    own = layer.activation or layer.options.get("activation") or layer.options.get("function")
    return str(getattr(own, "name", own or ""))
