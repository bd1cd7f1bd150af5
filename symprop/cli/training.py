"""A training run as the command line does it: the module, the data, notices and progress on standard error.

Enters: a spec with its network, and changed settings.  Leaves: a `Run`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from symprop.cli.messages import say
from symprop.cli.progress import Progress, Silent
from symprop.session import Source, faults_of_data, kernels, settings_of
from symprop.train import Run, train


def run_training(source: Source, changes: Mapping[str, Any], quiet: bool = False) -> Run:
    """Train the network of a spec.

    Args:
        source: the spec and its network.
        changes: fields of `TrainSettings`; None leaves one as the spec has it.
        quiet: tell nothing but notices about the data.
    """
    # data are read before anything is compiled: a fault of theirs comes first where it can
    settings = settings_of(source.spec, **changes)
    module: Any = kernels(source.network, dtype=settings.dtype)
    from symprop.heldout import gather

    with faults_of_data(module):
        data, split = gather(module, settings, source.spec)
        with _progress(quiet) as progress:
            return train(
                module,
                settings,
                data,
                split=split,
                spec_text=source.network.text,
                on_epoch=progress.tell,
                on_notice=say,
            )


def _progress(quiet: bool) -> AbstractContextManager[Progress | Silent]:
    return nullcontext(Silent()) if quiet else Progress()
