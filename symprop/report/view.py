"""What a document shows of a derivation: which equations, in which notations, under which numbers.

Enters: a derivation and what was asked for.  Leaves: a `View`, from which each form of document is written.
Numbers are those of the full list, whatever is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from symprop.derivation import Adjoint, Derivation, Step, truths
from symprop.errors import Fault, InputError
from symprop.language import Equation, Network, Tensor
from symprop.language.definitions import extent
from symprop.report.matrix import Node
from symprop.report.recognise import matrix_form
from symprop.report.symbols import Symbols

NOTATIONS = ("matrix", "index", "both")


@dataclass(frozen=True)
class Entry:
    """One equation of the document.

    Args:
        equation: with its number.
        matrix: both sides as matrices, None where it has no such form or none is wanted.
        indexed: whether the index form is shown.
        steps: how an adjoint was found, () for forward equations and closed forms.
        tensor: the tensor defined, or the one whose adjoint is.
    """

    equation: Equation
    matrix: tuple[Node, Node] | None
    indexed: bool
    tensor: Tensor
    steps: tuple[Step, ...] = ()

    @property
    def number(self) -> int:
        """Its place on the full list."""
        return self.equation.number


@dataclass(frozen=True)
class View:
    """A derivation as one document shows it.

    Args:
        derivation: all of it.
        wrt: names of the tensors whose adjoints are wanted.
        notation: one of `NOTATIONS`.
        closed_form: whether the steps are left out.
    """

    derivation: Derivation
    wrt: tuple[str, ...]
    notation: str = "both"
    closed_form: bool = False

    @property
    def network(self) -> Network:
        """The network that was derived."""
        return self.derivation.network

    @cached_property
    def symbols(self) -> Symbols:
        """How its tensors are written."""
        marks = ("d",) if self.derivation.kind == "adjoint" else ("d", "v", "g")
        return Symbols(self.network, self.derivation.prefix, marks)

    @cached_property
    def forward(self) -> tuple[Entry, ...]:
        """All forward equations."""
        return tuple(self._entry(e, self.network.tensors[e.target]) for e in self.network.equations)

    @cached_property
    def backward(self) -> tuple[Entry, ...]:
        """The adjoints that are needed, with their steps unless the form is closed."""
        return tuple(self._adjoint(a) for a in self.shown)

    @cached_property
    def shown(self) -> tuple[Adjoint, ...]:
        """The adjoints needed for the result and, where steps are shown, those that a step cites."""
        needed = {a.number for a in self.derivation.needed(self.wrt)}
        for adjoint in reversed(self.derivation.adjoints):
            if adjoint.number in needed and not self.closed_form:
                needed.update(number for step in adjoint.steps for number in step.uses)
        return tuple(a for a in self.derivation if a.number in needed)

    @property
    def between(self) -> tuple[Entry, ...]:
        """Adjoints that are needed and not asked for."""
        return tuple(e for e in self.backward if e.tensor.name not in self.wrt)

    @property
    def results(self) -> tuple[Entry, ...]:
        """The adjoints asked for, in the order asked."""
        found = {entry.tensor.name: entry for entry in self.backward}
        return tuple(found[name] for name in self.wrt)

    @cached_property
    def updates(self) -> tuple[Entry, ...]:
        """The next values of the states."""
        return tuple(Entry(e, None, True, self.network.tensors[e.target]) for e in self.network.updates)

    @cached_property
    def inference(self) -> tuple[Entry, ...]:
        """The equations that replace others when predicting."""
        return tuple(Entry(e, None, True, self.network.tensors[e.target]) for e in self.network.inference)

    @cached_property
    def truths(self) -> tuple[str, ...]:
        """Gradients that are identically 0, and shifts that do not change the loss."""
        return truths(self.derivation) if self.derivation.kind == "adjoint" else ()

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """What the adjoints shown assume of the data."""
        return tuple(dict.fromkeys(text for a in self.shown for text in a.assumptions))

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Literature of the entries in use, the optimizer's included."""
        optimizer = self.network.optimizer
        more = (optimizer.source,) if optimizer and optimizer.source else ()
        return tuple(dict.fromkeys((*self.derivation.sources, *more)))

    def _adjoint(self, adjoint: Adjoint) -> Entry:
        # a Jacobian has more axes than its tensor, and so has a gradient by row
        axes = tuple(map(extent, adjoint.equation.indices))
        entry = self._entry(adjoint.equation, replace(self.network.tensors[adjoint.tensor], axes=axes))
        return entry if self.closed_form else replace(entry, steps=tuple(_finished(adjoint)))

    def _entry(self, equation: Equation, tensor: Tensor) -> Entry:
        matrix = None if self.notation == "index" else matrix_form(equation, self.network, self.derivation.prefix)
        return Entry(equation, matrix, self.notation != "matrix" or matrix is None, tensor)


def _finished(adjoint: Adjoint) -> Iterator[Step]:
    """The steps, the last one with its factors in the order of the equation it led to."""
    for step in adjoint.steps:
        yield replace(step, after=adjoint.equation.body) if step is adjoint.steps[-1] else step


def view_of(derivation: Derivation, notation: str, closed_form: bool, wrt: Iterable[str]) -> View:
    """The view of a derivation; without `wrt` of all parameters, or of the inputs where there are none.

    Raises:
        InputError: the notation is unknown, or a tensor has no adjoint.
    """
    if notation not in NOTATIONS:
        expected = f"expected one of {', '.join(NOTATIONS)}"
        raise InputError(Fault("notation", f"unknown notation '{notation}'; {expected}, got '{notation}'"))
    names = tuple(dict.fromkeys(derivation[name].tensor for name in wrt)) or _parameters(derivation)
    return View(derivation, names, notation, closed_form)


def _parameters(derivation: Derivation) -> tuple[str, ...]:
    learnable = tuple(t.name for t in derivation.network.params if t.name in derivation)
    return learnable or tuple(a.tensor for a in derivation if derivation.network.tensors[a.tensor].role == "input")
