"""Derivations that print themselves: what `symprop.derive` returns.

Derivations know no documents, and documents read derivations; the two meet here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import fields
from typing import Any

from symprop.derivation import (
    Derivation,
    Quantity,
    compact,
    empirical_fisher_product,
    fisher_product,
    gauss_newton_product,
    hessian,
    hessian_vector_product,
    jacobian,
    per_example_gradients,
)
from symprop.report import notebook_latex, render, render_quantity


class Documents(ABC):
    """The documents of a value as methods; options are those of `symprop.report.render`."""

    @abstractmethod
    def _document(self, form: str, **options: Any) -> str:
        """The document in one form."""

    def latex(self, **options: Any) -> str:
        """As LaTeX."""
        return self._document("latex", **options)

    def markdown(self, **options: Any) -> str:
        """As Markdown."""
        return self._document("markdown", **options)

    def text(self, **options: Any) -> str:
        """Step by step as plain text."""
        return self._document("text", **options)

    def json(self, **options: Any) -> str:
        """As one JSON object."""
        return self._document("json", **options)


class PresentedQuantity(Quantity, Documents):
    """A `Quantity` with its documents as methods; a notebook shows it as mathematics, in few equations."""

    @classmethod
    def of(cls, quantity: Quantity) -> PresentedQuantity:
        """The same quantity, able to print itself."""
        return cls(**{f.name: getattr(quantity, f.name) for f in fields(Quantity)})

    def _document(self, form: str, **options: Any) -> str:
        return render_quantity(self, form, **options)

    def _repr_latex_(self) -> str:
        return notebook_latex(compact(self), self.wrt)


class PresentedDerivation(Derivation, Documents):
    """A `Derivation` with its documents as methods; a notebook shows it as mathematics."""

    @classmethod
    def of(cls, derivation: Derivation) -> PresentedDerivation:
        """The same derivation, able to print itself."""
        return cls(**{f.name: getattr(derivation, f.name) for f in fields(Derivation)})

    def _document(self, form: str, **options: Any) -> str:
        return render(self, form, **options)

    def _repr_latex_(self) -> str:
        return notebook_latex(self)

    def hessian_vector_product(self) -> PresentedQuantity:
        """H v, the Hessian of the loss by all parameters times a direction v; see `symprop.derivation`."""
        return PresentedQuantity.of(hessian_vector_product(self))

    def gauss_newton_product(self) -> PresentedQuantity:
        """J^T H J v, with J the Jacobian of what the loss compares and H the Hessian of the loss by it."""
        return PresentedQuantity.of(gauss_newton_product(self))

    def fisher_product(self) -> PresentedQuantity:
        """F v, with the Fisher information of the loss as a negative log-likelihood."""
        return PresentedQuantity.of(fisher_product(self))

    def empirical_fisher_product(self) -> PresentedQuantity:
        """(1/N) sum g (g . v) over the rows, g the gradient of the loss of a row."""
        return PresentedQuantity.of(empirical_fisher_product(self))

    def per_example_gradients(self) -> PresentedQuantity:
        """The gradient of the loss of every row alone."""
        return PresentedQuantity.of(per_example_gradients(self))

    def jacobian(self, of: str, wrt: str) -> PresentedQuantity:
        """The derivative of every entry of a tensor by every entry of another, of an input row by row."""
        return PresentedQuantity.of(jacobian(self, of, wrt))

    def hessian(self, wrt: str) -> PresentedQuantity:
        """The second derivatives of the loss by the entries of one tensor."""
        return PresentedQuantity.of(hessian(self, wrt))
