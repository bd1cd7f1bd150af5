"""The comparison: numbers first, since they refute; then proof, since only a proof proves.

Enters: a network and claims.  Leaves: a `Report`.  A verdict of PROVED needs both: agreement at every point tried, and
a proof.  A refutation holds in 60 digits and again in 120.
"""

from __future__ import annotations

import os
from time import monotonic

from symprop.derivation import Derivation, derive
from symprop.language import Network
from symprop.verification.claimsfile import ClaimsFile, read_claims
from symprop.verification.decide import Judge
from symprop.verification.reading import claims_of
from symprop.verification.values import NOT_CHECKED, Report, Verdict

TIMEOUT_SECONDS = 60.0


def verify(
    network: Network,
    claims: str | os.PathLike[str] | ClaimsFile,
    timeout: float = TIMEOUT_SECONDS,
    accept_agrees: bool = False,
) -> Report:
    """Compare a hand derivation with the derivation of a network.

    Args:
        network: whose gradients are claimed.
        claims: path of a file of claims, YAML or .tex, "-" for YAML on standard input, or one that was read.
        timeout: seconds for all claims together, after which what is not proved is only said to agree.
        accept_agrees: whether a claim that agrees at all points tried, without a proof, counts as right.

    Raises:
        ClaimError: the claims cannot be read; all faults are listed with line and column.
        UndecidedError: the network cannot be evaluated in the time there is.
    """
    deadline = monotonic() + timeout
    file = claims if isinstance(claims, ClaimsFile) else read_claims(claims)
    derivation = derive(network, time_limit_seconds=timeout)
    found = claims_of(file, derivation)
    judge = Judge(derivation, found, deadline)
    verdicts = [judge.verdict(claim) for claim in found if claim.target]
    loss = next((str(e) for e in derivation.network.equations if e.target == network.loss), "")
    given = {v.target for v in verdicts}
    missing = [_missing(derivation, a.tensor) for a in derivation if derivation.prefix + a.tensor not in given]
    wanted = {t.name for t in network.params}
    missing = [v for v in missing if v.target.removeprefix(derivation.prefix) in wanted]
    return Report(network.name, loss, (*verdicts, *missing), accept_agrees, tuple(network.notes))


def _missing(derivation: Derivation, tensor: str) -> Verdict:
    name = derivation.prefix + tensor
    return Verdict(name, name, NOT_CHECKED, "The claims do not mention it.")
