"""Sentences that several forms of document share, as plain text.

Enters: values of a derivation.  Leaves: text, not yet escaped for any language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symprop.derivation import Derivation, Kink
from symprop.language import Optimizer

UPDATED = (
    "After a step of training each state gets its next value, from the state and the forward values before the update "
    "of the parameters. States are not differentiated: within a step they are given."
)
PREDICTED = "When predicting and validating, these stand in place of the equations of the same targets."


@dataclass(frozen=True)
class Titles:
    """What a document calls its parts: what the derivation is of, the equations found, those asked for."""

    subject: str
    found: str
    results: str


def titles(derivation: Derivation) -> Titles:
    """The titles for gradients, or for what else was derived."""
    if derivation.kind == "adjoint":
        return Titles("the gradients", "Backward pass", "Gradients")
    found = "Tangents" if derivation.kind == "tangent" else "Backward pass"
    return Titles("higher derivatives" if derivation.kind == "tangent" else "gradients by row", found, "Results")


def cited(numbers: Iterable[int]) -> str:
    """`(4), (7)`."""
    return ", ".join(f"({number})" for number in numbers)


def kink_text(kink: Kink) -> str:
    """`relu at 0: derivative 0 (equation 2)`."""
    words = len(kink.value.split()) > 1
    where = f" ({_plural('equation', kink.equations)})" if kink.equations else ""
    value = kink.value if words else f"the derivative is taken as {kink.value}"
    return f"{kink.function} at {kink.point}: {value}{where}"


def clip_text(optimizer: Optimizer) -> str:
    """A sentence on the largest norm of the gradients, with a blank before it; nothing where there is none."""
    if optimizer.clip_norm is None:
        return ""
    return f" All gradients together are first scaled to a norm of at most {optimizer.clip_norm:g}."


def _plural(word: str, numbers: tuple[int, ...]) -> str:
    return f"{word}{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
