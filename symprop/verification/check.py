"""The comparison: numbers first, since they refute; then proof, since only a proof proves.

Enters: a network and claims.  Leaves: a `Report`.  A verdict of PROVED needs both: agreement at every point tried, and
a proof.  A refutation holds in 60 digits and again in 120.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from time import monotonic

from symprop.derivation import Derivation, derive
from symprop.errors import ClaimError, Fault
from symprop.language import Network, extent_names
from symprop.verification.claimsfile import ClaimsFile, is_python, read_claims
from symprop.verification.conventions import Convention, declared_convention, usual
from symprop.verification.decide import Judge
from symprop.verification.finding import Reading, Readings, found_reading, right_under
from symprop.verification.values import NOT_CHECKED, WRONG, Conventions, Report, Verdict

TIMEOUT_SECONDS = 60.0
ONE_EXAMPLE = ("N=1",)


def verify(
    network: Network | None,
    claims: str | os.PathLike[str] | ClaimsFile,
    timeout: float = TIMEOUT_SECONDS,
    accept_agrees: bool = False,
    convention: Convention | Mapping[str, str] | None = None,
    tell: Callable[[str], object] = str,
) -> Report:
    """Compare a hand derivation with the derivation of a network.

    Args:
        network: whose gradients are claimed; None for Python claims with a loss of their own.
        claims: path of a file of claims, YAML or .tex, "-" for YAML on standard input, or one that was read; or of a
            Python file, whose functions are run.
        timeout: seconds for all claims together, after which what is not proved is only said to agree.
        accept_agrees: whether a claim that agrees at all points tried, without a proof, counts as right.
        convention: what the claims take for granted, {"batch": "columns"}; goes before what their file declares.
        tell: called with words for what is being done; by default nobody is told.

    Raises:
        ClaimError: the claims cannot be read; all faults are listed with line and column.
        UndecidedError: the network cannot be evaluated in the time there is.
    """
    deadline = monotonic() + timeout
    if not isinstance(claims, ClaimsFile) and is_python(claims):
        from symprop.verification.functions import verify_functions

        return verify_functions(claims, network, timeout, accept_agrees, convention, tell)
    if network is None:
        raise ClaimError(Fault("claims", "there is no network; only functions bring a loss of their own"))
    file = claims if isinstance(claims, ClaimsFile) else read_claims(claims)
    declared = declared_convention(file.convention, convention, file.name, network)
    derivation = derive(network, time_limit_seconds=timeout)
    readings = Readings(file, derivation)
    reading, fitting = found_reading(readings) if declared is None else (readings.reading(declared), ())
    report = judged(reading, readings.fitting, deadline, accept_agrees, tell)
    return replace(report, conventions=replace(report.conventions, declared=declared, fitting=fitting))


def judged(
    reading: Reading,
    others: Callable[[], Iterable[Reading]],
    deadline: float,
    accept_agrees: bool = False,
    tell: Callable[[str], object] = str,
) -> Report:
    """The report on claims that were read, with the gradients that they do not mention.

    Args:
        reading: the claims.
        others: the ways to read them that fit their shapes; asked for where a claim is wrong.
        deadline: time of the clock at which no further proof is tried.
        accept_agrees: whether a claim that only agrees counts as right.
        tell: called with words for the claim that is being decided.
    """
    network = reading.derivation.network
    judge = Judge(reading.derivation, reading.claims, deadline, reading.views, reading.points)
    about = [claim for claim in reading.claims if claim.target]
    verdicts = []
    for number, claim in enumerate(about, 1):
        tell(f"deciding {claim.name}, claim {number} of {len(about)}")
        verdicts.append(judge.verdict(claim))
    if reading.convention.is_single:
        verdicts = [replace(v, extents=ONE_EXAMPLE) for v in verdicts]
    is_wrong = any(v.verdict in WRONG for v in verdicts)
    right = right_under(others(), reading.convention, judge.refuting.values()) if is_wrong else ()
    conventions = Conventions(None, reading.convention, right, usual=usual(reading.network))
    loss = next((str(e) for e in reading.network.equations if e.target == network.loss), "")
    claimed = (*verdicts, *_unmentioned(reading.derivation, {v.target for v in verdicts}))
    names = extent_names(network)
    return Report(network.name, loss, claimed, accept_agrees, tuple(network.notes), conventions, names)


def _unmentioned(derivation: Derivation, targets: set[str]) -> list[Verdict]:
    """NOT CHECKED for the gradients that no claim is about."""
    adjoints = [a.tensor for a in derivation if derivation.network.tensors[a.tensor].role == "param"]
    return [_missing(derivation, name) for name in adjoints if derivation.prefix + name not in targets]


def _missing(derivation: Derivation, tensor: str) -> Verdict:
    name = derivation.prefix + tensor
    return Verdict(name, name, NOT_CHECKED, "The claims do not mention it.")
