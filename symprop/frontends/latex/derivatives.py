r"""Gradients of the loss: `\frac{\partial L}{\partial W}`, `\nabla_W L`, `dW`.

Enters: syntax nodes.  Leaves: the adjoint that is meant, or its entries.  Derivatives of all else
are refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from symprop.frontends.arrays import Array
from symprop.frontends.latex import nodes as tex
from symprop.frontends.latex.entries import Entries
from symprop.frontends.latex.lookup import PREFIX, Found
from symprop.frontends.latex.shapes import transposed
from symprop.frontends.latex.vocabulary import LOSSES

OF_NETWORK = "of the network"


@dataclass(frozen=True)
class Adjoint:
    """The adjoint of a tensor, as it is written."""

    symbol: tex.Symbol
    of: Found
    is_transposed: bool

    @property
    def name(self) -> str:
        """Its name."""
        return PREFIX + self.of.name


class Derivatives(Entries):
    """A formula whose gradients are read."""

    def adjoint(self, node: tex.Differential | tex.Gradient) -> Adjoint:
        """What dW or a gradient is."""
        if isinstance(node, tex.Gradient):
            self.check_loss(node.loss)
        elif node.partial:
            self.fail(node.at, r"\partial stands alone; expected \frac{\partial L}{\partial W}")
        return self.adjoint_of(node.of)

    def quotient(self, node: tex.Binary) -> Adjoint:
        """What a quotient of differentials is."""
        assert isinstance(node.left, tex.Differential) and isinstance(node.right, tex.Differential)
        self.check_loss(node.left.of)
        return self.adjoint_of(node.right.of)

    def check_loss(self, node: tex.Node) -> None:
        """Only derivatives of the loss are read."""
        while isinstance(node, tex.Group):
            node = node.inner
        bare = isinstance(node, tex.Symbol) and not (node.below or node.label or node.primes or node.plain)
        meaning = self.names.tensor(node.base) if isinstance(node, tex.Symbol) else None
        loss = bare and isinstance(node, tex.Symbol) and node.base in LOSSES
        other = meaning is not None and meaning.words == OF_NETWORK and meaning.tensor.role != "loss"
        if not loss or other:
            message = "this is no derivative of the loss; expected L, which documents also call J, E, C or \\ell"
            self.fail(
                node.at, message, "Other derivatives are not read; write out what they are, or comment the line out."
            )

    def adjoint_of(self, node: tex.Node) -> Adjoint:
        """The adjoint of a tensor of the network."""
        flipped = isinstance(node, tex.Transpose)
        node = node.inner if isinstance(node, tex.Transpose) else node
        if not isinstance(node, tex.Symbol):
            self.fail(node.at, "a derivative is taken by a tensor; expected its name")
        return Adjoint(node, self.single(node), flipped)

    def single(self, node: tex.Symbol) -> Found:
        """The one tensor of the network that a symbol is."""
        found = self.lookup.find(node, lambda name: name in self.letters)
        found = found or self.lookup.find(node, lambda name: name in self.letters, short=True)
        if not found:
            self.unknown(node)
        if len({f.name for f in found}) > 1:
            self.fail(
                node.at, f"'{self.shown(node)}' may be {' or '.join(f.name for f in found)}", "Name it another way."
            )
        return found[0]

    def _adjoint(self, found: Adjoint) -> Array:
        """The entries of an adjoint."""
        array = self.entry(found.symbol, replace(found.of, name=found.name))
        return self.fit(found.symbol.at, "the transpose", transposed, array) if found.is_transposed else array
