"""What the parts of the harness hand to one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from symprop.language import Network


@dataclass(frozen=True, eq=False)
class Subject:
    """A network three times over: as equations for symprop, as NumPy for the oracle, and its gradient by hand.

    Args:
        name: unique among the subjects.
        make: gives the network.
        forward: NumPy statements, one a line; the last one assigns the loss L.
        shapes: of the tensors that are given, extents as words.
        sizes: integers for the named extents.
        chain: right claims in order, each of which may read those before it.
        labels: integer tensors with the number of classes.
        positive: tensors drawn from 0.2 ... 0.8.
    """

    name: str
    make: Callable[[], Network]
    forward: str
    shapes: Mapping[str, str]
    sizes: Mapping[str, int]
    chain: Mapping[str, str]
    labels: Mapping[str, int] = field(default_factory=dict)
    positive: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Mistake:
    """What was planted, and what a diagnosis has to say to have named it.

    Args:
        kind: the row of the table it counts in.
        words: one of these patterns stands in the sentence.
        tokens: all of these stand in the same sentence.
        ratio: or the claim is said to be this multiple of the truth.
        term: or the difference, or minus it, is this formula.
    """

    kind: str
    words: tuple[str, ...] = ()
    tokens: frozenset[str] = frozenset()
    ratio: str = ""
    term: str = ""


@dataclass(frozen=True)
class Trial:
    """One claim, with the right claims it stands on; `mistake` is None of a right one, `kind` is its row."""

    subject: str
    target: str
    text: str
    kind: str
    mistake: Mistake | None = None

    def __str__(self) -> str:
        return f"{self.subject}: {self.target} = {self.text} ({self.kind})"
