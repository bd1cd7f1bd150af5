"""Derivation to documents: text, LaTeX, Markdown, JSON, and pictures of networks and training.

report.render(derivation, "latex", standalone=True)
report.graph_svg(network)
report.curves_svg(history)
"""

from __future__ import annotations

from collections.abc import Sequence

from symprop.derivation import Derivation, Quantity, compact
from symprop.errors import Fault, InputError
from symprop.report.curves import curves_svg
from symprop.report.graph import graph_svg
from symprop.report.jsonform import json_report
from symprop.report.latexform import latex_report
from symprop.report.markdownform import markdown_report
from symprop.report.notebook import notebook_latex
from symprop.report.textform import text_report
from symprop.report.view import view_of

__all__ = ["FORMS", "curves_svg", "graph_svg", "notebook_latex", "render", "render_quantity"]

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


def render_quantity(
    quantity: Quantity,
    form: str = "text",
    *,
    notation: str = "both",
    closed_form: bool = False,
    wrt: Sequence[str] = (),
    standalone: bool = False,
) -> str:
    """What was derived beside the gradient, such as a product with the Hessian, as a document.

    Args:
        quantity: what is printed, after all equations it rests on.
        closed_form: in few equations: what is read once is written where it is read, and steps are left out.
        wrt: the parts wanted, by the parameters they belong to; all by default.
        form, notation, standalone: as of `render`.

    Raises:
        InputError: as `render`, or the quantity has no part of a name.
    """
    parts = dict(quantity.results)
    unknown = next((name for name in wrt if name not in parts), None)
    if unknown is not None:
        message = f"{quantity.name} has no part of this name; expected one of {', '.join(parts)}"
        raise InputError(Fault(unknown, message))
    derivation = compact(quantity) if closed_form else quantity.derivation
    names = [derivation[target].tensor for owner, target in quantity.results if not wrt or owner in wrt]
    return render(derivation, form, notation=notation, closed_form=closed_form, wrt=names, standalone=standalone)
