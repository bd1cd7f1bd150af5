r"""Derivations as LaTeX: a fragment of displays, or a document that a bare LaTeX installation compiles.

Enters: a view.  Leaves: LaTeX that needs amsmath, amssymb, bm, geometry and hyperref and defines no macro.  All
text that came from a user is escaped; symbols of the user have passed a grammar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from symprop.language import Equation, Tensor
from symprop.report.conventions import conventions
from symprop.report.escape import breakable, latex_text
from symprop.report.layout import Math
from symprop.report.rows import NUMBER_POINTS, Display, Row, RowMaker, Side, broken
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
from symprop.report.words import PREDICTED, UPDATED, clip_text, kink_text, titles

ROWS_OF_A_TABLE = 38
ROWS_OF_A_BOX = 14
"""A box is not broken across pages."""


def latex_report(view: View, standalone: bool) -> str:
    """The document, or the fragment of its displays."""
    return fill("report_standalone.tex.jinja" if standalone else "report_fragment.tex.jinja", _values(view, standalone))


def _values(view: View, standalone: bool) -> dict[str, object]:
    network = view.network
    rows = RowMaker(ScalarPrinter(view.symbols, network.functions), linked=standalone)
    forward = _displays(rows.listed(view.forward))
    backward = list(_backward(view, rows))
    results = list(_results(view, rows))
    written = "\n".join([*forward, *(display for _, display, _ in backward), *results])
    return {
        "name": latex_text(network.name),
        "titles": titles(view.derivation),
        "tables": [] if is_formula(network) else list(_pages(_table(view))),
        "arguments": arguments_tex(view.symbols, network),
        "total": extent_tex(count_of(network.params)),
        "given": "; ".join(_given(view, t) for t in given_of(network)) if not is_formula(network) else "",
        "conventions": conventions(written, view.derivation),
        "notes": [latex_text(note) for note in network.notes],
        "forward": forward,
        "backward": backward,
        "between": _displays(rows.listed(view.between)) if view.closed_form else [],
        "closed": view.closed_form,
        "results": results,
        "update": list(_update(view)),
        "updates": [display_tex(_assigned(rows, [e.equation for e in view.updates]))] if view.updates else [],
        "updated": latex_text(UPDATED),
        "inference": _displays(rows.listed(view.inference)),
        "predicted": latex_text(PREDICTED),
        "truths": [latex_text(line) for line in view.truths],
        "assumptions": [latex_text(line) for line in view.assumptions],
        "kinks": [latex_text(kink_text(kink)) for kink in view.derivation.kinks],
        "sources": [latex_text(source) for source in view.sources],
    }


def display_tex(display: Display) -> str:
    """A display as an environment."""
    return "\n".join([r"\begin{align*}", *display.lines, r"\end{align*}"])


def _displays(displays: Sequence[Display]) -> list[str]:
    return [display_tex(display) for display in displays]


def _backward(view: View, rows: RowMaker) -> Iterator[tuple[str, str, bool]]:
    """(heading, display, whether both stay on one page) for each adjoint, with its steps."""
    if view.closed_form:
        return
    for entry in view.backward:
        symbol, shape = view.symbols[entry.tensor.name].tex, shape_words_tex(entry.tensor)
        notes = [latex_text(step.note) for step in entry.steps if step.note]
        kind = view.derivation.kind.capitalize()
        heading = rf"\textbf{{{kind} of}} ${symbol}$, {shape}" + "".join(f", where {note}" for note in notes)
        display = rows.derived(entry)
        yield heading, display_tex(display), len(display.rows) <= ROWS_OF_A_BOX


def _results(view: View, rows: RowMaker) -> Iterator[str]:
    """The gradients asked for, framed."""
    made: list[Row] = []
    for entry in view.results:
        made += _result(view, rows, entry)
    for part in _parts(made):
        lines = [line.replace(r" \\", r" \\[4pt]", 1) if line.endswith(r" \\") else line for line in _boxed(part)]
        inner = "\n".join([r"\begin{aligned}", *lines, r"\end{aligned}"])
        yield "\n".join([r"\[", rf"\boxed{{\;{inner}\;}}", r"\]"])


def _result(view: View, rows: RowMaker, entry: Entry) -> list[Row]:
    """Rows of a gradient: the derivative of the loss, in the shorter notation, with its number behind."""
    side = rows.matrix_side(entry) or rows.index_side(entry)
    left = _derivative(view, rows, entry, side) if view.derivation.kind == "adjoint" else side.left
    made = broken(Side(left, side.right), 60.0)
    last = made[-1].cells[0]
    number = rows.number(entry.number) if view.closed_form else rows.citation([entry.number])
    return [*made[:-1], Row((last, ("", rf"\quad\text{{\footnotesize {number}}}")))]


def _derivative(view: View, rows: RowMaker, entry: Entry, side: Side) -> Math:
    """The derivative of the loss by a tensor, as a fraction."""
    loss = view.symbols[view.network.loss].tex
    symbol = view.symbols[entry.tensor.name]
    transposed = entry.matrix is not None and side.left.text.endswith(r"^{\top}")
    indices = "" if entry.matrix is not None else rows.scalars.positions(entry.equation.indices)
    entry_tex = symbol.at(indices, r"\top" if transposed else "")
    return Math.of(rf"\frac{{\partial {loss}}}{{\partial {entry_tex}}}")


def _boxed(part: Sequence[Row]) -> list[str]:
    return [line.replace(r" \\*", r" \\") for line in Display(tuple(part)).lines]


def _parts(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows in boxes of a page at most; a box begins with a left side."""
    part: list[Row] = []
    for row in rows:
        if len(part) >= ROWS_OF_A_BOX and row.cells[0][0]:
            yield part
            part = []
        part.append(row)
    if part:
        yield part


def _table(view: View) -> Iterator[tuple[str, str, str, str]]:
    """(layer, output, parameters, count) of each layer."""
    for layer in layers_of(view.network):
        made = ", ".join(sized_tex(view.symbols[t.name].tex, t) for t in layer.computed)
        learnt = ", ".join(sized_tex(view.symbols[t.name].tex, t) for t in layer.params)
        name = breakable(layer.name) if view.network.defining(layer.name) is None else ""
        yield name, made, learnt, rf"\hfill ${extent_tex(layer.count)}$" if layer.params else ""


def _given(view: View, tensor: Tensor) -> str:
    values = rf", integers below ${tensor.high}$" if tensor.dtype == "integer" else ""
    return f"{sized_tex(view.symbols[tensor.name].tex, tensor)}: {tensor.role}{values}"


def _update(view: View) -> Iterator[str]:
    """A sentence, then the assignments."""
    optimizer = view.network.optimizer
    if optimizer is None:
        return
    scalars = update_scalars(optimizer)
    rows = RowMaker(ScalarPrinter(Symbols(scalars)))
    states = ", ".join(f"${Symbols(scalars)[name].tex}$" for name in optimizer.state)
    verb = "are" if len(optimizer.state) > 1 else "is"
    kept = f"; {states} {verb} kept from step to step, 0 at first" if states else ""
    clip = clip_text(optimizer)
    name = latex_text(optimizer.name)
    yield (
        rf"Each step of {name} assigns, for every entry $\theta$ of a parameter and $g$ of its gradient, "
        rf"in this order, with the rate $\eta = {optimizer.lr:g}$ before any schedule{kept}.{clip}"
    )
    yield display_tex(_assigned(rows, update_equations(optimizer)))


def _assigned(rows: RowMaker, equations: Sequence[Equation]) -> Display:
    """Assignments, with an arrow; those that have a number show it."""
    made: list[Row] = []
    for equation in equations:
        first, *rest = broken(Side(*rows.scalars.equation(equation)), NUMBER_POINTS if equation.number else 0.0)
        ((left, right),) = first.cells
        arrow = ((left, right.replace("= ", r"\leftarrow ", 1)),)
        made += [Row(arrow, rows.number(equation.number) if equation.number else ""), *rest]
    return Display(tuple(made))


def _pages(rows: Iterator[tuple[str, str, str, str]]) -> Iterator[list[tuple[str, str, str, str]]]:
    """Rows of tables that fit a page each."""
    while page := list(islice(rows, ROWS_OF_A_TABLE)):
        yield page
