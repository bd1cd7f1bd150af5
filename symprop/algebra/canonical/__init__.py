"""The prover: canonical forms of index expressions, and proofs that two of them are equal.

    expression -> polynomial in atoms -> difference -> 0, and so a `Proof`

A polynomial's atoms are reads, exponentials, logarithms, guards, indicators, bases of negative and fractional powers,
and whole sums over bound indices; each composite atom is known by its own canonical form.  Every rule is an identity:
it keeps the value wherever the expression it is applied to is defined.
"""

from symprop.algebra.canonical.proving import (
    Assumption,
    IsOneOf,
    IsPositive,
    Proof,
    ProofStep,
    RowsSumToOne,
    canonical,
    prove_equal,
    replay,
)

__all__ = [
    "Assumption",
    "IsOneOf",
    "IsPositive",
    "Proof",
    "ProofStep",
    "RowsSumToOne",
    "canonical",
    "prove_equal",
    "replay",
]
