"""A derivation that prints itself: what `symprop.derive` returns.

Derivations know no documents, and documents read derivations; the two meet here.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from symprop.derivation import Derivation
from symprop.report import notebook_latex, render


class PresentedDerivation(Derivation):
    """A `Derivation` with its documents as methods; a notebook shows it as mathematics."""

    @classmethod
    def of(cls, derivation: Derivation) -> PresentedDerivation:
        """The same derivation, able to print itself."""
        return cls(**{f.name: getattr(derivation, f.name) for f in fields(Derivation)})

    def latex(self, **options: Any) -> str:
        """The derivation as LaTeX; options as of `symprop.report.render`."""
        return render(self, "latex", **options)

    def markdown(self, **options: Any) -> str:
        """The derivation as Markdown; options as of `symprop.report.render`."""
        return render(self, "markdown", **options)

    def text(self, **options: Any) -> str:
        """The derivation step by step as plain text; options as of `symprop.report.render`."""
        return render(self, "text", **options)

    def json(self, **options: Any) -> str:
        """The derivation as one JSON object; options as of `symprop.report.render`."""
        return render(self, "json", **options)

    def _repr_latex_(self) -> str:
        return notebook_latex(self)
