"""The result of a derivation: adjoint equations, each with the steps that led to it.

Enters: what the reverse sweep found.  Leaves: frozen values that reports, plans and proofs read.  No mathematics is
done here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from symprop.errors import Fault, InputError
from symprop.language import Equation, Expr, Network
from symprop.language.expressions import tensors_read


@dataclass(frozen=True)
class Step:
    """One rewriting of the right side of an adjoint equation.

    Args:
        rule: name of the rule, such as "chain rule", "delta elimination", "fold", "compose".
        after: the right side the rule led to.
        uses: numbers of the equations it relied on.
        note: what was assumed or cancelled, in words, or "".
    """

    rule: str
    after: Expr
    uses: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Adjoint:
    """The adjoint of one tensor.

    Args:
        tensor: the tensor x whose adjoint dL/dx this is.
        equation: `dx[...] = ...`, folded and simplified for a reader; its number counts on from the forward equations.
        exact: an equation of the same value in which nothing was replaced by a stored forward value where accuracy
            could be lost; kernels are lowered from it.
        steps: how `equation` was found, in order.
        assumptions: facts on the data it relies on, in words.
    """

    tensor: str
    equation: Equation
    exact: Equation
    steps: tuple[Step, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """The number of its equation."""
        return self.equation.number

    def __str__(self) -> str:
        return str(self.equation)


@dataclass(frozen=True)
class Kink:
    """A point at which a function in use has no derivative, with the value that is taken there."""

    function: str
    point: str
    value: str
    equations: tuple[int, ...] = ()


@dataclass(frozen=True)
class Derivation:
    """Forward equations, adjoint equations and what they rest on.

    Args:
        network: the network, its equations numbered from 1.
        adjoints: in an order in which they can be evaluated; adjoints of inputs come last.
        assumptions: all assumptions of the adjoints, each once.
        kinks: all kinks of the functions in use.
        sources: literature of the entries used, each once.
        prefix: the adjoint of x is named prefix + x.
        kind: what belongs to a tensor: its "adjoint"; its "tangent"; its "adjoint of a row", of the loss of each row
            alone; its "weighted adjoint".
    """

    network: Network
    adjoints: tuple[Adjoint, ...]
    assumptions: tuple[str, ...] = ()
    kinks: tuple[Kink, ...] = ()
    sources: tuple[str, ...] = ()
    prefix: str = "d"
    kind: str = "adjoint"

    @cached_property
    def _by_tensor(self) -> dict[str, Adjoint]:
        return {a.tensor: a for a in self.adjoints}

    @cached_property
    def _upstream(self) -> dict[str, str]:
        return {self.prefix + a.tensor: a.tensor for a in self.adjoints}

    def __getitem__(self, name: str) -> Adjoint:
        """The adjoint by the name of the tensor (`W1`) or its own (`dW1`)."""
        found = self._by_tensor.get(name) or self._by_tensor.get(name.removeprefix(self.prefix))
        if found is None:
            known = ", ".join(self.prefix + a.tensor for a in self.adjoints)
            raise InputError(Fault(name, f"no adjoint of this name; expected one of {known}"))
        return found

    def __iter__(self) -> Iterator[Adjoint]:
        return iter(self.adjoints)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._by_tensor or name.removeprefix(self.prefix) in self._by_tensor)

    def needed(self, wrt: Iterable[str]) -> tuple[Adjoint, ...]:
        """The adjoints of the tensors in `wrt` and all they are computed from, in order."""
        return self._rests_on(wrt, lambda adjoint: adjoint.equation)

    def evaluated(self, wrt: Iterable[str]) -> tuple[Adjoint, ...]:
        """The adjoints whose exact equations give those of the tensors in `wrt`, in order."""
        return self._rests_on(wrt, lambda adjoint: adjoint.exact)

    def _rests_on(self, wrt: Iterable[str], form: Callable[[Adjoint], Equation]) -> tuple[Adjoint, ...]:
        wanted = {self[name].tensor for name in wrt}
        for adjoint in reversed(self.adjoints):
            if adjoint.tensor in wanted:
                wanted.update(self._upstream[n] for n in tensors_read(form(adjoint).body) if n in self._upstream)
        return tuple(a for a in self.adjoints if a.tensor in wanted)

    def __str__(self) -> str:
        lines = [f"({e.number}) {e}" for e in self.network.equations]
        return "\n".join(lines + [f"({a.number}) {a}" for a in self.adjoints])


@dataclass(frozen=True)
class Quantity:
    """What follows from a derivation beside the gradient: a product with the Hessian, a Jacobian, a gradient by row.

    Args:
        name: such as "hvp".
        derivation: as a reader sees it: all equations it rests on, then those that are new.
        equations: all of them again, in order, in the form kernels are lowered from.
        results: (tensor it belongs to, tensor that holds it), in order.
        directions: (tensor, the tensor that is its part of a given direction).
        words: what it is, in a sentence.
        by: of a Jacobian, the tensor it is by, else "".
    """

    name: str
    derivation: Derivation
    equations: tuple[Equation, ...]
    results: tuple[tuple[str, str], ...]
    directions: tuple[tuple[str, str], ...] = ()
    words: str = ""
    by: str = ""

    @property
    def wrt(self) -> tuple[str, ...]:
        """The results, as a document of its derivation is asked for them."""
        return tuple(self.derivation[target].tensor for _, target in self.results)

    def __str__(self) -> str:
        return str(self.derivation)
