"""Claims that a person derived by hand, compared with the derivation of a network."""

from symprop.verification.check import verify
from symprop.verification.conventions import Convention
from symprop.verification.recheck import recheck
from symprop.verification.values import Claim, Conventions, Counterexample, Evidence, Report, Verdict

__all__ = ["Claim", "Convention", "Conventions", "Counterexample", "Evidence", "Report", "Verdict", "recheck", "verify"]
