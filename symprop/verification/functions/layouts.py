"""How the arrays of functions beside a network lie, where they declare nothing: found by running them.

Enters: a file and a network.  Leaves: the functions' subject with the convention under which they run and give arrays
of the right shapes.  The default is left only where it does not fit and exactly one other convention does.
"""

from __future__ import annotations

from symprop.derivation import Derivation, derive
from symprop.errors import ClaimError
from symprop.frontends.tracing.userfile import UserFile
from symprop.language import Network
from symprop.verification.conventions import Convention, shapes, usual
from symprop.verification.functions.running import GRADS, Runner
from symprop.verification.functions.subject import Subject, subject_of
from symprop.verification.targets import target_of


def laid_out(file: UserFile, network: Network, runner: Runner) -> tuple[Subject, Convention]:
    """The subject of functions that declare no convention, and the one they are read under.

    Raises:
        ClaimError: they do not run under the default, and no other convention fits alone.
    """
    default: tuple[Subject, Convention] | None = None
    failure: ClaimError | None = None
    for convention in usual(network):
        try:
            subject = subject_of(file, network, runner, convention)
        except ClaimError as error:
            failure = failure or error
            continue
        if _shapes_are_known(subject):
            return subject, convention
        default = default or (subject, convention)
    derivation = derive(network, time_limit_seconds=runner.seconds)
    # one array that lies otherwise may be a mistake
    if default is None or _misfits(default[0], derivation) > 1:
        fitting = _fitting(file, network, runner, derivation)
        if len(fitting) == 1:
            return fitting[0]
    if default is None:
        assert failure is not None
        raise failure
    return default


def _shapes_are_known(subject: Subject) -> bool:
    """True where every gradient has the shape of the tensor it is named after: nothing has to be looked for."""
    tensors = subject.inputs.tensors
    named = {key: tensors.get(key) or tensors.get(key.removeprefix("d")) for key in subject.gradients.values}
    return all(
        tensor is not None and subject.gradients.values[key].shape == tuple(a.value(subject.sizes) for a in tensor.axes)
        for key, tensor in named.items()
    )


def _fitting(
    file: UserFile, network: Network, runner: Runner, derivation: Derivation
) -> list[tuple[Subject, Convention]]:
    """The other conventions that run and fit all shapes; that of a single example only if no other does."""
    found: list[tuple[Subject, Convention]] = []
    for convention in sorted(shapes(), key=lambda c: c.is_single):
        if convention in usual(network) or (convention.is_single and found):
            continue
        try:
            subject = subject_of(file, network, runner, convention)
        except ClaimError:
            continue
        if not _misfits(subject, derivation):
            found.append((subject, convention))
    return found


def _misfits(subject: Subject, derivation: Derivation) -> int:
    """The number of gradients that have another shape, or are of nothing."""
    where, found = subject.file.line(GRADS), 0
    for key, array in subject.gradients.values.items():
        view = subject.views.get(target_of(key, derivation, {}, where))
        found += view is None or array.shape != tuple(axis.value(subject.sizes) for axis in view.axes)
    return found
