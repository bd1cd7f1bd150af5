"""Python claims: traced and judged as all others are, else compared in double precision.

Enters: a file, and a network or None.  Leaves: a `Report`.  Equations of a trace count only where they give the values
that the functions themselves compute; whatever could not be traced is named in the reason of a verdict.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic

import numpy as np

from symprop.derivation import Derivation
from symprop.derivation.normalise import normalise
from symprop.errors import ClaimError, Fault, FormulaError
from symprop.frontends.tracing.faults import NotTraceable
from symprop.frontends.tracing.inputs import PAIRS, Inputs
from symprop.frontends.tracing.loss import TracedLoss
from symprop.frontends.tracing.userfile import UserFile, load
from symprop.language import Network, Tensor
from symprop.language.extents import ONE
from symprop.verification.conventions import Convention, declared_convention, usual
from symprop.verification.converting import over_network
from symprop.verification.finding import Compared, Reading
from symprop.verification.functions.layouts import laid_out
from symprop.verification.functions.numeric import compare_numbers
from symprop.verification.functions.reading import TracedGrads, claims_of_functions
from symprop.verification.functions.running import GRADS, LOSS, Runner, learnt
from symprop.verification.functions.subject import Subject, loss_subject, subject_of
from symprop.verification.functions.traced import DERIVING, Traced, derived_in_time, loss_equations, traced_both
from symprop.verification.scene import Scene, distance, zero
from symprop.verification.targets import suggestion, target_of
from symprop.verification.values import IMPURE, NOT_CHECKED, REFUTED, RIGHT, Claim, Report, Verdict

ROUGH = 1e-9
MOST_DRAWN = 3000
"""What was drawn is compared in many digits where it has no more entries than this."""


def verify_functions(
    path: str | os.PathLike[str],
    network: Network | None,
    timeout: float,
    accept_agrees: bool = False,
    convention: Convention | Mapping[str, str] | None = None,
    tell: Callable[[str], object] = str,
) -> Report:
    """Compare what `grads` computes with the gradient of `loss`, or of a network.

    Args:
        path: of the file; its CONVENTION declares what it takes for granted.
        network: whose gradients are claimed, None for those of the file's own loss.
        timeout: seconds in all.
        accept_agrees: whether a claim that only agrees counts as right.
        convention: a sign or a scale; goes before CONVENTION.
        tell: called with words for what is being done.

    Raises:
        ClaimError: the file is at fault; the message names the line.
        UndecidedError: a function does not end in the time there is.
    """
    deadline = monotonic() + timeout
    file = load(path, timeout)
    # what is evaluated are equations, those of derivatives that the loss holds and of places of a maximum included
    network = None if network is None else normalise(network)
    declared = _declared(file, network, convention)
    runner = Runner(file, deadline)
    subject, used = _subject(file, network, runner, declared)
    keys = list(subject.gradients.values)
    params = [] if network is not None else list(learnt(keys, subject.inputs, file).values())
    traced = traced_both(subject, runner, params)
    if traced.grads is None and subject.inputs.steady:
        # code may need such a number as it is, in a condition say
        subject = replace(subject, inputs=subject.inputs.held(params))
        traced = traced_both(subject, runner, params)
    report = _report(subject, runner, traced, params, deadline, accept_agrees, used, tell)
    report = replace(report, conventions=replace(report.conventions, declared=declared))
    report = replace(report, claims=tuple(map(_hinted(subject, traced, params, deadline), report.claims)))
    return _flagged(_for_constants(report, subject.inputs, params), subject.changed)


def _subject(
    file: UserFile, network: Network | None, runner: Runner, declared: Convention | None
) -> tuple[Subject, Convention]:
    """What is claimed, under the convention that is declared, or else is found."""
    if network is not None and declared is None:
        return laid_out(file, network, runner)
    used = declared or usual(network)[0]
    return subject_of(file, network, runner, used), used


def _declared(
    file: UserFile, network: Network | None, given: Convention | Mapping[str, str] | None
) -> Convention | None:
    """What is declared; of a loss in the file, a sign or a scale."""
    own = file.module.__dict__.get("CONVENTION", {})
    if not isinstance(own, Mapping) or not all(isinstance(part, str) for pair in own.items() for part in pair):
        example = 'CONVENTION = {"sign": "descent"}'
        raise ClaimError(Fault(f"{file.name}: CONVENTION", f"expected a dictionary of words, such as {example}"))
    found = declared_convention(own, given, f"{file.name}: CONVENTION", network)
    if network is None and found is not None and found.shape != Convention():
        message = "the arrays are those of its own loss; expected adjoints, sign or reduction, got"
        raise ClaimError(Fault(file.name, f"{message} {', '.join(found.shape.changes())}"))
    return found


def _report(
    subject: Subject,
    runner: Runner,
    traced: Traced,
    params: list[str],
    deadline: float,
    accept_agrees: bool,
    convention: Convention,
    tell: Callable[[str], object],
) -> Report:
    from symprop.verification.check import judged

    keys = list(subject.gradients.values)
    if traced.derivation is None or traced.grads is None:
        base = usual(subject.network)[0]
        if convention != base:
            option = convention.option(base)
            message = f"the convention is {option}, and the functions cannot be traced: {traced.stopped}"
            raise ClaimError(Fault(subject.file.name, message, "Without one they are compared as they are."))
        targets = _targets(subject, keys, traced.derivation, params)
        return compare_numbers(subject, runner, targets, traced.derivation, _untraced(traced.stopped), accept_agrees)
    derivation = traced.derivation
    targets = _targets(subject, keys, derivation, params)
    idle = {k: t for k, t in targets.items() if t not in derivation and t not in derivation.network.tensors}
    known = {key: target for key, target in targets.items() if key not in {*idle, *traced.grads.lost}}
    claims = claims_of_functions(traced.grads, known, subject.file)
    reading = _reading(subject, traced.grads, derivation, claims, convention)
    shaped = partial(_reading, subject, traced.grads, derivation, claims, convention.shape)
    report = judged(reading, lambda: [shaped()], deadline, accept_agrees, tell)
    if idle:
        why = Fault(subject.file.line(LOSS), f"the loss does not depend on {', '.join(t[1:] for t in idle.values())}")
        numbers = compare_numbers(subject, runner, idle, None, why, accept_agrees)
        report = replace(report, claims=(*report.given, *numbers.claims))
    for key, fault in traced.grads.lost.items():
        alone = compare_numbers(subject, runner, {key: targets[key]}, derivation, _untraced(fault), accept_agrees)
        rest = (verdict for verdict in report.claims if verdict.target != targets[key])
        report = replace(report, claims=(*rest, *alone.claims))
    place = {key: number for number, key in enumerate(keys)}
    ordered = sorted(report.claims, key=lambda verdict: place.get(verdict.name, len(place)))
    return _for_numbers(replace(report, claims=tuple(ordered)), traced.grads.fixed)


def _reading(
    subject: Subject, grads: TracedGrads, derivation: Derivation, claims: Sequence[Claim], convention: Convention
) -> Reading:
    """The claims over the network, or over the loss with the extents of its arguments named."""
    network = subject.whole
    if network is None:
        own = derivation.network.tensors
        named = {n: replace(own[n], axes=t.axes) for n, t in subject.inputs.tensors.items() if n in own}
        network = replace(derivation.network, tensors={**own, **named})
    drawn = [subject.point(number)[0] for number in range(len(subject.inputs.draws))]
    points = tuple(p for p in drawn if sum(np.size(array) for array in p.arrays.values()) <= MOST_DRAWN)
    empty = Reading(convention, network, {**convention.sizes, **grads.fixed}, derivation, (), points)
    return replace(empty, claims=tuple(over_network(claim, derivation, empty.views) for claim in claims))


def _untraced(stopped: Fault | None) -> Fault | None:
    return None if stopped is None else Fault("The code was run, not traced", str(stopped))


def _targets(subject: Subject, keys: list[str], derivation: Derivation | None, params: Iterable[str]) -> dict[str, str]:
    """The adjoint or tensor that each key is about."""
    if subject.network is None:
        return {key: f"d{name}" for key, name in zip(keys, params, strict=True)}
    assert derivation is not None
    where = subject.file.line(GRADS)
    found = {key: target_of(key, derivation, {}, where) for key in keys}
    for key, target in found.items():
        if not target:
            message = f"grads: '{key}' is no gradient and no tensor of the network"
            raise ClaimError(Fault(where, message, suggestion(key, derivation)))
    return found


def checked_loss(path: str | os.PathLike[str], function_name: str = LOSS, timeout: float = 60.0) -> TracedLoss:
    """As `symprop.frontends.tracing.traced_loss`, and the equations give the values that the function computes.

    Raises:
        ClaimError: the file is at fault.
        FormulaError: the function does what cannot be traced; the message names the line.
        UndecidedError: it does not end in the time there is.
    """
    file = load(path, timeout)
    runner = Runner(file, monotonic() + timeout)
    try:
        return loss_equations(loss_subject(file, function_name, runner), runner, (), function_name)
    except NotTraceable as error:
        raise FormulaError(error.fault) from None


# -- hints ------------------------------------------------------------------------------------------------------------


def _hinted(subject: Subject, traced: Traced, params: list[str], deadline: float) -> Callable[[Verdict], Verdict]:
    """Say of a wrong claim if it is right where rows of an input sum to 1, or its entries are one of two numbers."""

    def hinted(verdict: Verdict) -> Verdict:
        if verdict.verdict != REFUTED or subject.network is not None:
            return verdict
        if _is_right_as_drawn(subject, traced, verdict):
            hint = "It is right at all that inputs(rng) draws: it rests on something that holds of these inputs alone."
            verdict = replace(verdict, hints=(hint, *verdict.hints))
        for name, tensor in subject.inputs.tensors.items():
            for limited, where, option in _limited(tensor) if name not in params else ():
                if _is_right(subject, traced, verdict, limited, deadline):
                    shape = tuple(axis.constant or str(axis) for axis in tensor.axes)
                    hint = f"It holds where {where}; say so by inputs(rng), or in INPUTS: "
                    hint += f'"{name}": {{"shape": {shape}, {option}}}.'
                    return replace(verdict, hints=(hint, *verdict.hints))
        return verdict

    return hinted


def _is_right_as_drawn(subject: Subject, traced: Traced, verdict: Verdict) -> bool:
    """True where a claim agrees, in double precision, at every point that the user draws."""
    if traced.derivation is None or traced.grads is None or traced.file is None or not subject.inputs.draws:
        return False
    claims = claims_of_functions(traced.grads, {verdict.name: verdict.target}, traced.file)
    for number in range(len(subject.inputs.draws)):
        scene = Scene(traced.derivation, claims, subject.point(number)[0], 0)
        values = next((scene.values(c) for c in claims if c.target == verdict.target), None)
        if values is None or zero(values[1]) or not distance(*values) <= ROUGH:
            return False
    return True


def _limited(tensor: Tensor) -> Iterator[tuple[Tensor, str, str]]:
    """An input of which more is known, with the words for it and what to write in INPUTS."""
    if not tensor.axes or not tensor.is_free:
        return
    words = f"the rows of {tensor.name} sum to 1", '"rows_sum_to_1": True'
    yield replace(tensor, simplex=len(tensor.axes) - 1), *words
    for low, high in PAIRS:
        words = f"the entries of {tensor.name} are {low} or {high}", f'"values": ({low}, {high})'
        yield replace(tensor, values=(low, high)), *words


def _is_right(subject: Subject, traced: Traced, verdict: Verdict, limited: Tensor, deadline: float) -> bool:
    """True where a claim is proved if an input is limited so."""
    from symprop.verification.check import judged

    if traced.derivation is None or traced.grads is None or traced.file is None or monotonic() > deadline:
        return False
    if verdict.target not in traced.derivation or verdict.name not in traced.grads.stored:
        return False
    network = traced.derivation.network
    tensor = replace(network.tensors[limited.name], simplex=limited.simplex, values=limited.values)
    tensors = {**network.tensors, limited.name: tensor}
    derivation = derived_in_time(replace(network, tensors=tensors), (deadline - monotonic()) * DERIVING)
    if derivation is None:
        return False
    claims = claims_of_functions(traced.grads, {verdict.name: verdict.target}, traced.file)
    reading = _reading(subject, traced.grads, derivation, claims, Convention())
    if not Compared(reading).all_right(reading.convention):  # what is soon seen needs no proof and no hints
        return False
    return judged(reading, lambda: (), deadline)[verdict.name].verdict in RIGHT


# -- reports --------------------------------------------------------------------------------------------------------


def _for_numbers(report: Report, fixed: Mapping[str, int]) -> Report:
    """The report, proofs for the numbers alone that the code needed."""
    alone = tuple(f"{name}={size}" for name, size in fixed.items())
    claims = [replace(v, extents=alone) if alone and v.extents == "all" else v for v in report.claims]
    return replace(report, claims=tuple(claims))


def _for_constants(report: Report, inputs: Inputs, params: Iterable[str]) -> Report:
    """The report with what the functions were given as constants among what is assumed."""
    words = [f"{name} is {value!r}, as inputs(rng) gives it every time" for name, value in inputs.constants.items()]
    data = [t for n, t in inputs.tensors.items() if n not in params]
    for tensor in data if inputs.draws else ():
        ones = [str(place) for place, axis in enumerate(tensor.axes) if axis == ONE]
        words += [f"axis {place} of {tensor.name} has one entry, as inputs(rng) draws it every time" for place in ones]
    return replace(report, claims=tuple(replace(v, assumptions=(*v.assumptions, *words)) for v in report.claims))


def _flagged(report: Report, changed: tuple[str, ...]) -> Report:
    """The report with a flag on every verdict where a function changed its inputs."""
    if not changed:
        return report
    note = f"IMPURE: the functions change their inputs ({', '.join(changed)}); each was given copies."

    def flagged(verdict: Verdict) -> Verdict:
        return verdict if verdict.verdict == NOT_CHECKED else replace(verdict, flags=(*verdict.flags, IMPURE))

    return replace(report, claims=tuple(map(flagged, report.claims)), notes=(*report.notes, note))
