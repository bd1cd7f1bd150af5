"""Derivations as plain text: index notation as formulas are written, matrices in NumPy's own notation.

Enters: a view.  Leaves: ASCII text, at most about 100 columns wide, every line of a derivation with its rule.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from symprop.language import Equation, text
from symprop.language.printer import equation_text
from symprop.report.escape import one_line
from symprop.report.matrixtext import left_text, numpy_text
from symprop.report.summary import arguments_of, count_of, given_of, is_formula, layers_of, shape_text, shape_words
from symprop.report.template import fill
from symprop.report.updates import update_equations
from symprop.report.view import Entry, View
from symprop.report.words import PREDICTED, UPDATED, cited, kink_text, titles

# Lines stand two columns in.
WIDTH_COLUMNS = 98
RULE_COLUMNS = 26


def text_report(view: View) -> str:
    """The document."""
    closed, names = view.closed_form, titles(view.derivation)
    formula = is_formula(view.network)
    head = ("Arguments", list(_arguments(view))) if formula else ("Network", list(_summary(view)))
    sections: list[tuple[str, list[str]]] = [head]
    forward = [line for entry in view.forward for line in _equation(entry)]
    if closed:
        sections.append((names.results, [line for entry in view.results for line in _equation(entry)]))
        sections.append(("where", [line for entry in view.between for line in _equation(entry)]))
        sections.append(("with the values of the forward pass", forward))
    else:
        sections.append(("Forward pass", forward))
        sections.append((names.found, list(_backward(view))))
        results = [line for e in view.results for line in wrapped(_shortest(e), f"({e.number}) ")]
        sections.append((names.results, results))
    sections.append(("Update", list(_update(view))))
    sections.append(("State updates", _beside(UPDATED, view.updates)))
    sections.append(("When predicting", _beside(PREDICTED, view.inference)))
    sections.append(("Known truths", _listed(view.truths)))
    sections.append(("Assumptions", _listed(view.assumptions)))
    sections.append(("Values at kinks", _listed(map(kink_text, view.derivation.kinks))))
    sections.append(("Conventions", _listed(view.network.notes)))
    sections.append(("Sources", _listed(view.sources)))
    shown = [(title, lines) for title, lines in sections if lines]
    return fill("report_text.jinja", {"title": f"Derivation of {view.network.name}", "sections": shown})


def _listed(sentences: Iterable[str]) -> list[str]:
    """Sentences of prose, each behind a dash; what is not ASCII is written as its escape."""
    plain = (one_line(s).encode("ascii", "backslashreplace").decode() for s in sentences)
    return [
        line
        for sentence in plain
        for line in textwrap.wrap(sentence, WIDTH_COLUMNS, initial_indent="- ", subsequent_indent="  ")
    ]


def _arguments(view: View) -> Iterator[str]:
    for tensor, words in arguments_of(view.network):
        yield f"{tensor.name}: {shape_text(tensor)}" + (f", {words}" if words else "")


def _beside(sentence: str, entries: Iterable[Entry]) -> list[str]:
    """A sentence and the equations it is about, nothing where there are none."""
    lines = [line for entry in entries for line in _equation(entry)]
    return [*textwrap.wrap(sentence, WIDTH_COLUMNS), *lines] if lines else []


def _summary(view: View) -> Iterator[str]:
    for tensor in given_of(view.network):
        values = f", integers below {tensor.high}" if tensor.dtype == "integer" else ""
        yield f"{tensor.name}: {tensor.role}, {shape_text(tensor)}{values}"
    for layer in layers_of(view.network):
        made = ", ".join(f"{t.name} ({shape_text(t)})" for t in layer.computed)
        learnt = ", ".join(f"{t.name} ({shape_text(t)})" for t in layer.params)
        label = f"{layer.name}: " if layer.name != layer.computed[-1].name or len(layer.computed) > 1 else ""
        yield f"{label}{made}" + (f"; learns {learnt}" if learnt else "")
    yield f"parameters: {count_of(view.network.params)}"


def _equation(entry: Entry) -> Iterator[str]:
    lines = []
    if entry.matrix is not None and (line := _matrix_line(entry)) is not None:
        lines.append(line)
    if entry.indexed or not lines:
        indexed = equation_text(entry.equation)
        lines += [indexed] if indexed not in lines else []
    label = f"({entry.number}) ".ljust(6)
    for k, line in enumerate(lines):
        yield from wrapped(line, label if k == 0 else " " * len(label))


def _matrix_line(entry: Entry) -> str | None:
    if entry.matrix is None:
        return None
    right = numpy_text(entry.matrix[1])
    return None if right is None else f"{left_text(entry.matrix[0])} = {right}"


def _shortest(entry: Entry) -> str:
    return _matrix_line(entry) or equation_text(entry.equation)


def _backward(view: View) -> Iterator[str]:
    for k, entry in enumerate(view.backward):
        if k:
            yield ""
        yield from _derived(view, entry)


def _derived(view: View, entry: Entry) -> Iterator[str]:
    """The steps of one adjoint, then its matrix form, which carries the number."""
    number = f"({entry.number})"
    line = _matrix_line(entry)
    yield f"{number} {view.derivation.kind} of {entry.tensor.name}, {shape_words(entry.tensor)}"
    left = equation_text(Equation(entry.equation.target, entry.equation.indices, entry.equation.body)).split(" = ")[0]
    for k, step in enumerate(entry.steps):
        rule = f"{step.rule} {cited(step.uses)}".rstrip()
        start = f"{left} = " if k == 0 else " " * len(left) + " = "
        mark = f"   <- {number}" if line is None and k == len(entry.steps) - 1 else ""
        yield from wrapped(start + text(step.after) + mark, _column(rule), len(left) + 3)
        if step.note:
            yield f"{_column('')}{' ' * len(left)}   ({step.note})"
    if line is not None:
        yield from wrapped(f"{line}   <- {number}", _column("as matrices"))


def _column(rule: str) -> str:
    return f"      {rule}".ljust(RULE_COLUMNS + 6) + ("" if len(rule) < RULE_COLUMNS else "  ")


def _update(view: View) -> Iterator[str]:
    optimizer = view.network.optimizer
    if optimizer is None:
        return
    rate = f"lr = {optimizer.lr:g}"
    clip = f", gradients scaled to a norm of at most {optimizer.clip_norm:g}" if optimizer.clip_norm else ""
    state = f"; {', '.join(optimizer.state)} kept between steps, 0 at first" if optimizer.state else ""
    line = f"{optimizer.name}, {rate}{clip}, for every entry w of a parameter and g of its gradient{state}:"
    yield from textwrap.wrap(line, WIDTH_COLUMNS)
    for equation in update_equations(optimizer):
        yield from wrapped(equation_text(equation), "  ")


def wrapped(line: str, label: str, hang: int = 4) -> Iterator[str]:
    """A line behind its label, broken before operators at the least depth of parentheses."""
    room = max(40, WIDTH_COLUMNS - len(label))
    first = True
    while line:
        cut = len(line) if len(line) <= (room if first else room - hang) else _cut(line, room if first else room - hang)
        yield (label if first else " " * (len(label) + hang)) + line[:cut].rstrip()
        line, first = line[cut:].lstrip(), False


def _cut(line: str, room: int) -> int:
    """The last place of the least depth at which the line may end; its end where there is none."""
    best, lowest, depth = len(line), 1 << 30, 0
    for place, character in enumerate(line):
        depth += 2 * ((character in "([") - (character in ")]"))
        if place > room and best < len(line):
            break
        rank = depth + _rank(line, place)
        if (place > room // 3 or rank < 0 < place) and rank <= lowest and _rank(line, place) < 2:
            best, lowest = place, rank
    return best


def _rank(line: str, place: int) -> int:
    """0 before a sign, 1 before a single star, 2 where a line does not end."""
    if line[place] == " " and line[place + 1 : place + 3] in ("+ ", "- ", "@ "):
        return 0
    return 1 if line[place] == "*" and "*" not in (line[place - 1], line[place + 1 : place + 2]) else 2
