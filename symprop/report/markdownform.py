r"""Derivations as Markdown with formulas between double dollars, as GitHub and Jupyter show it.

Enters: a view.  Leaves: Markdown.  Two habits of renderers are respected: a backslash before punctuation may be
taken away, so formulas use control words alone (\cr, \thinspace, \lbrace), and GitHub refuses \operatorname.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symprop.language import Tensor
from symprop.report.conventions import conventions
from symprop.report.escape import markdown_text
from symprop.report.rows import RowMaker, Side
from symprop.report.scalarmath import ScalarPrinter
from symprop.report.summary import (
    arguments_tex,
    count_of,
    extent_tex,
    given_of,
    is_formula,
    layers_of,
    shape_words_tex,
    sized_tex,
)
from symprop.report.symbols import Symbols
from symprop.report.template import fill
from symprop.report.updates import update_equations, update_scalars
from symprop.report.view import Entry, View
from symprop.report.words import PREDICTED, UPDATED, cited, clip_text, kink_text, titles

OPERATOR = r"\mathrm"
ROW_END, CONTROL_WORD = "\\\\", r"\cr"
# Formulas narrower than this stand side by side.
LINE_POINTS = 420.0


def markdown_report(view: View) -> str:
    """The document."""
    rows = RowMaker(ScalarPrinter(view.symbols, view.network.functions, operator=OPERATOR))
    forward = [line for entry in view.forward for line in _equation(rows, entry)]
    between = [line for entry in view.between for line in _equation(rows, entry)] if view.closed_form else []
    results = [line for entry in view.results for line in _equation(rows, entry, short=not view.closed_form)]
    backward = [] if view.closed_form else [line for entry in view.backward for line in _derived(view, rows, entry)]
    values = {
        "name": markdown_text(view.network.name),
        "titles": titles(view.derivation),
        "table": [] if is_formula(view.network) else list(_table(view)),
        "arguments": arguments_tex(view.symbols, view.network),
        "total": f"${extent_tex(count_of(view.network.params))}$",
        "given": [f"{sized_tex(view.symbols[t.name].tex, t)}: {t.role}{_values(t)}" for t in given_of(view.network)]
        if not is_formula(view.network)
        else [],
        "conventions": conventions("\n".join([*forward, *backward, *results]), view.derivation),
        "notes": [markdown_text(note) for note in view.network.notes],
        "forward": forward,
        "backward": backward,
        "between": between,
        "results": results,
        "closed": view.closed_form,
        "update": list(_update(view)),
        "updates": [line for entry in view.updates for line in _assigned(rows, entry)],
        "updated": markdown_text(UPDATED),
        "inference": [line for entry in view.inference for line in _equation(rows, entry)],
        "predicted": markdown_text(PREDICTED),
        "truths": [markdown_text(line) for line in view.truths],
        "assumptions": [markdown_text(line) for line in view.assumptions],
        "kinks": [markdown_text(kink_text(kink)) for kink in view.derivation.kinks],
        "sources": [markdown_text(source) for source in view.sources],
    }
    return fill("report_markdown.jinja", values)


def block(formula: str) -> list[str]:
    """A displayed formula, its ends of rows as control words."""
    return ["", f"$${formula.strip().replace(ROW_END, CONTROL_WORD)}$$"]


def _formula(side: Side) -> str:
    return f"{side.left.text} = {side.right.text}"


def _sides(rows: RowMaker, entry: Entry) -> list[Side]:
    sides = [rows.matrix_side(entry), rows.index_side(entry) if entry.indexed else None]
    kept = [side for side in sides if side is not None]
    return kept[:1] if len(kept) == 2 and _formula(kept[0]) == _formula(kept[1]) else kept


def _equation(rows: RowMaker, entry: Entry, short: bool = False) -> Iterator[str]:
    """Both notations, side by side where that is not too wide."""
    sides = _sides(rows, entry)[: 1 if short else 2]
    yield from ("", f"({entry.number})")
    if sum(side.points for side in sides) < LINE_POINTS:
        yield from block(r" \qquad ".join(map(_formula, sides)))
        return
    for side in sides:
        yield from block(_formula(side))


def _assigned(rows: RowMaker, entry: Entry) -> Iterator[str]:
    left, right = rows.scalars.equation(entry.equation)
    yield from ("", f"({entry.number})", *block(rf"{left.text} \leftarrow {right.text}"))


def _derived(view: View, rows: RowMaker, entry: Entry) -> Iterator[str]:
    """A heading, then a formula for each step under its rule."""
    symbol = view.symbols[entry.tensor.name].tex
    kind = view.derivation.kind.capitalize()
    yield from ("", f"### ({entry.number}) {kind} of ${symbol}$, {shape_words_tex(entry.tensor)}")
    left = rows.index_side(entry).left.text
    for k, step in enumerate(entry.steps):
        note = f" ({markdown_text(step.note)})" if step.note else ""
        yield from ("", f"{markdown_text(step.rule).capitalize()} {cited(step.uses)}".rstrip() + f"{note}:")
        yield from block(f"{left} = {replace(rows.scalars, deltas=k == 0).math(step.after).text}")
    matrix = rows.matrix_side(entry)
    if matrix is not None and _formula(matrix) != _formula(rows.index_side(entry)):
        yield from ("", "As matrices:", *block(_formula(matrix)))


def _values(tensor: Tensor) -> str:
    return f", integers below ${tensor.high}$" if tensor.dtype == "integer" else ""


def _table(view: View) -> Iterator[str]:
    for layer in layers_of(view.network):
        made = ", ".join(sized_tex(view.symbols[t.name].tex, t) for t in layer.computed)
        learnt = ", ".join(sized_tex(view.symbols[t.name].tex, t) for t in layer.params)
        name = markdown_text(layer.name) if view.network.defining(layer.name) is None else ""
        count = f"${extent_tex(layer.count)}$" if layer.params else ""
        yield f"| {name} | {made} | {learnt} | {count} |"


def _update(view: View) -> Iterator[str]:
    optimizer = view.network.optimizer
    if optimizer is None:
        return
    symbols = Symbols(update_scalars(optimizer))
    printer = ScalarPrinter(symbols, operator=OPERATOR)
    states = ", ".join(f"${symbols[name].tex}$" for name in optimizer.state)
    kept = f" Kept from step to step, 0 at first: {states}." if states else ""
    clip = clip_text(optimizer)
    yield (
        f"{markdown_text(optimizer.name)} assigns in this order, for every entry $\\theta$ of a parameter and $g$ "
        f"of its gradient, with the rate $\\eta = {optimizer.lr:g}$ before any schedule.{kept}{clip}"
    )
    for equation in update_equations(optimizer):
        left, right = printer.equation(equation)
        yield from block(rf"{left.text} \leftarrow {right.text}")
