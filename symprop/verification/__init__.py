"""Claims that a person derived by hand, compared with the derivation of a network."""

from symprop.verification.check import verify
from symprop.verification.recheck import recheck
from symprop.verification.values import Claim, Counterexample, Evidence, Report, Verdict

__all__ = ["Claim", "Counterexample", "Evidence", "Report", "Verdict", "recheck", "verify"]
