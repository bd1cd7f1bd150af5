"""The comparison: numbers first, since they refute; then proof, since only a proof proves.

Enters: a network and claims.  Leaves: a `Report`.  A verdict of PROVED needs both: agreement at every point tried, and
a proof.  A refutation holds in 60 digits and again in 120.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from time import monotonic

from symprop.derivation import Derivation, derive
from symprop.language import Network
from symprop.verification.claimsfile import ClaimsFile, read_claims
from symprop.verification.conventions import Convention
from symprop.verification.cost import check_cost
from symprop.verification.decide import Judge
from symprop.verification.finding import Reading, Readings, found_reading
from symprop.verification.values import NOT_CHECKED, WRONG, Conventions, Report, Verdict

TIMEOUT_SECONDS = 60.0
ONE_EXAMPLE = ("N=1",)


def verify(
    network: Network,
    claims: str | os.PathLike[str] | ClaimsFile,
    timeout: float = TIMEOUT_SECONDS,
    accept_agrees: bool = False,
    convention: Convention | Mapping[str, str] | None = None,
) -> Report:
    """Compare a hand derivation with the derivation of a network.

    Args:
        network: whose gradients are claimed.
        claims: path of a YAML file of claims, "-", or one that was read.
        timeout: seconds for all claims together, after which what is not proved is only said to agree.
        accept_agrees: whether a claim that agrees at all points tried, without a proof, counts as right.
        convention: what the claims take for granted, {"batch": "columns"}; goes before what their file declares.

    Raises:
        ClaimError: the claims cannot be read; all faults are listed with line and column.
        UndecidedError: the network cannot be evaluated in the time there is.
    """
    deadline = monotonic() + timeout
    file = claims if isinstance(claims, ClaimsFile) else read_claims(claims)
    declared = _declared(file, convention)
    derivation = derive(network, time_limit_seconds=timeout)
    check_cost(derivation)
    readings = Readings(file, derivation)
    reading, fitting = found_reading(readings) if declared is None else (readings.reading(declared), ())
    verdicts = _verdicts(reading, deadline)
    conventions = Conventions(declared, reading.convention, (), fitting)
    if any(v.verdict in WRONG for v in verdicts):
        conventions = replace(conventions, right_under=readings.right_under(reading.convention))
    loss = next((str(e) for e in derivation.network.equations if e.target == network.loss), "")
    claimed = (*verdicts, *_unmentioned(derivation, {v.target for v in verdicts}))
    return Report(network.name, loss, claimed, accept_agrees, tuple(network.notes), conventions)


def _declared(file: ClaimsFile, given: Convention | Mapping[str, str] | None) -> Convention | None:
    """The convention that was declared, None where nothing was."""
    if isinstance(given, Convention):
        return given
    words = {**file.convention, **(given or {})}
    return Convention.of(words, file.name) if words else None


def _verdicts(reading: Reading, deadline: float) -> list[Verdict]:
    judge = Judge(reading.derivation, reading.claims, deadline, reading.views)
    verdicts = [judge.verdict(claim) for claim in reading.claims if claim.target]
    return [replace(v, extents=ONE_EXAMPLE) for v in verdicts] if reading.convention.is_single else verdicts


def _unmentioned(derivation: Derivation, targets: set[str]) -> list[Verdict]:
    """NOT CHECKED for the gradients that no claim is about."""
    adjoints = [a.tensor for a in derivation if derivation.network.tensors[a.tensor].role == "param"]
    return [_missing(derivation, name) for name in adjoints if derivation.prefix + name not in targets]


def _missing(derivation: Derivation, tensor: str) -> Verdict:
    name = derivation.prefix + tensor
    return Verdict(name, name, NOT_CHECKED, "The claims do not mention it.")
