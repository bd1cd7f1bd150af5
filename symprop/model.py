"""A network, its training and its predictions in one object, made from a net.yaml.

Enters: a network, or a path.  Leaves: a `Model`, which fits, predicts, saves and loads.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Self

from symprop.errors import Fault, SpecError
from symprop.language import Network
from symprop.report import curves_svg
from symprop.session import Source, faults_of_data, kernels, parse_source, read_source, settings_of
from symprop.train import Model as Fitted
from symprop.train import bind_run, read_run, save_run
from symprop.train.contract import GeneratedModule
from symprop.train.trained import Run


class Model(Fitted):
    """A network that can be trained, asked, saved and loaded; see `symprop.train.Model`."""

    @classmethod
    def from_network(cls, network: Network | str | Path, backend: str = "numba", **changes: Any) -> Self:
        """An untrained model.

        Args:
            network: one that was read from a spec, or the path of a net.yaml.
            backend: "numba" or "numpy".
            changes: fields of `TrainSettings` that are set otherwise, such as epochs=20.

        Raises:
            SpecError: the spec has faults, or the network comes from none.
        """
        source = _source(network)
        settings = settings_of(source.spec, **changes)
        module: Any = kernels(source.network, backend, settings.dtype)
        return cls(module, settings, source.network.text)

    def fit(self, x: Any, y: Any = None, **options: Any) -> Self:
        """Train anew; see `symprop.train.Model.fit`."""
        module: Any = self.module
        with faults_of_data(module):
            return super().fit(x, y, **options)

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Save as a run folder, with a picture of the history; see `symprop.train.save_run`."""
        history: Any = self.history
        return save_run(self.run, path, force=force, curves=curves_svg(history))

    @classmethod
    def load(cls, path: str | os.PathLike[str], module: GeneratedModule | None = None) -> Self:
        """A saved model; its module is generated anew from the spec in the run.

        Raises:
            DataError: the folder is no run, or a file is damaged.
            MachineError: a file cannot be read.
        """
        run = load_run(path, module)
        model = cls(run.module, run.settings, run.spec_text)
        model._run = run
        return model


def load_run(path: str | os.PathLike[str], module: GeneratedModule | None = None) -> Run:
    """The run in a folder; its module is generated anew from its spec unless it is given.

    The module.py in the folder is for readers and is never executed.
    """
    stored = read_run(path)
    if module is None:
        source = parse_source(stored.spec_text, os.path.join(stored.path, "run.json: spec"))
        module_: Any = kernels(source.network, "numba", stored.record.settings.dtype)
        module = module_
    assert module is not None
    return bind_run(stored, module)


def _source(network: Network | str | Path) -> Source:
    if not isinstance(network, Network):
        return read_source(network)
    if not network.text:
        message = "it was not read from a spec, so nothing says how it is trained"
        raise SpecError(Fault(f"network '{network.name}'", message, "Give the path of its net.yaml."))
    return parse_source(network.text, f"{network.name}.yaml")
