"""Derivation to documents: text, LaTeX, Markdown, JSON, and pictures of networks and training.

report.render(derivation, "latex", standalone=True)
report.graph_svg(network)
report.curves_svg(history)
"""

from __future__ import annotations

from collections.abc import Sequence

from symprop.derivation import Derivation
from symprop.errors import Fault, InputError
from symprop.report.curves import curves_svg
from symprop.report.graph import graph_svg
from symprop.report.jsonform import json_report
from symprop.report.latexform import latex_report
from symprop.report.markdownform import markdown_report
from symprop.report.notebook import notebook_latex
from symprop.report.textform import text_report
from symprop.report.view import view_of

__all__ = ["FORMS", "curves_svg", "graph_svg", "notebook_latex", "render"]

FORMS = ("text", "latex", "markdown", "json")


def render(
    derivation: Derivation,
    form: str = "text",
    *,
    notation: str = "both",
    closed_form: bool = False,
    wrt: Sequence[str] = (),
    standalone: bool = False,
) -> str:
    """A derivation as a document.

    Args:
        derivation: what is printed; equations keep their numbers on its full list.
        form: one of `FORMS`.
        notation: "matrix", "index" or "both"; what has no matrix form is always printed with indices.
        closed_form: the gradients without the steps that lead to them.
        wrt: tensors whose adjoints are wanted; all parameters by default.
        standalone: a whole LaTeX document rather than a fragment.

    Raises:
        InputError: an unknown form, notation or tensor, or a symbol of the user that is no symbol.
    """
    view = view_of(derivation, notation, closed_form, wrt)
    if form == "text":
        return text_report(view)
    if form == "latex":
        return latex_report(view, standalone)
    if form == "markdown":
        return markdown_report(view)
    if form == "json":
        return json_report(view)
    raise InputError(Fault("form", f"unknown form '{form}'; expected one of {', '.join(FORMS)}, got '{form}'"))
