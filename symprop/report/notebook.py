"""A derivation as a notebook shows it: one formula that MathJax sets.

Enters: a derivation.  Leaves: LaTeX between double dollars: the forward equations and the adjoints of all
parameters, as matrices where they have such a form.
"""

from __future__ import annotations

from collections.abc import Sequence

from symprop.derivation import Derivation
from symprop.report.rows import RowMaker
from symprop.report.scalarmath import ScalarPrinter
from symprop.report.view import View, view_of


def notebook_latex(derivation: Derivation, wrt: Sequence[str] = ()) -> str:
    """The equations with their numbers; of all parameters, or of what is in `wrt`."""
    view = view_of(derivation, "matrix", True, wrt)
    rows = RowMaker(ScalarPrinter(view.symbols, view.network.functions))
    lines = [*_lines(view, rows, forward=True), r"\hline", *_lines(view, rows, forward=False)]
    body = "\n".join(lines)
    return f"$$\\begin{{array}}{{rlr}}\n{body}\n\\end{{array}}$$"


def _lines(view: View, rows: RowMaker, forward: bool) -> list[str]:
    entries = view.forward if forward else view.backward
    sides = [(entry, rows.matrix_side(entry) or rows.index_side(entry)) for entry in entries]
    return [rf"{s.left.text} & \displaystyle = {s.right.text} & ({e.number}) \\" for e, s in sides]
