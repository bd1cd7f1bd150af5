"""Derivations as one JSON object, keys in a fixed order.

Enters: a view.  Leaves: JSON of schema 1: `text` is index notation as formulas are written, `matrix` NumPy's
notation or null, `latex` the formula in index notation and `latex_matrix` in matrix notation or null.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from symprop.derivation import Step
from symprop.language import Tensor, text
from symprop.language.printer import equation_text
from symprop.report.matrixtext import left_text, numpy_text
from symprop.report.rows import RowMaker, Side
from symprop.report.scalarmath import ScalarPrinter
from symprop.report.view import Entry, View

SCHEMA = 1


def json_report(view: View) -> str:
    """The document."""
    rows = RowMaker(ScalarPrinter(view.symbols, view.network.functions))
    network = view.network
    value = {
        "schema": SCHEMA,
        "network": {
            "name": network.name,
            "loss": network.loss,
            "outputs": list(network.outputs),
            "layout": network.layout,
            "notes": list(network.notes),
            "tensors": [_tensor(t, view) for t in network.tensors.values()],
        },
        "wrt": list(view.wrt),
        "equations": [_entry(entry, rows) for entry in view.forward],
        "adjoints": [{"tensor": e.tensor.name, **_entry(e, rows), **_steps(e, rows)} for e in view.backward],
        "updates": [_entry(entry, rows) for entry in view.updates],
        "inference": [_entry(entry, rows) for entry in view.inference],
        "truths": list(view.truths),
        "assumptions": list(view.assumptions),
        "kinks": [
            {"function": k.function, "point": k.point, "value": k.value, "equations": list(k.equations)}
            for k in view.derivation.kinks
        ],
        "sources": list(view.sources),
    }
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"


def _tensor(tensor: Tensor, view: View) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "role": tensor.role,
        "dtype": tensor.dtype,
        "shape": [str(axis) for axis in tensor.axes],
        "latex": view.symbols[tensor.name].tex,
    }


def _formula(side: Side | None) -> str | None:
    return None if side is None else f"{side.left.text} = {side.right.text}"


def _entry(entry: Entry, rows: RowMaker) -> dict[str, Any]:
    right = numpy_text(entry.matrix[1]) if entry.matrix else None
    return {
        "number": entry.number,
        "target": entry.equation.target,
        "shape": [str(axis) for axis in entry.tensor.axes],
        "text": equation_text(entry.equation),
        "matrix": f"{left_text(entry.matrix[0])} = {right}" if entry.matrix and right else None,
        "latex": _formula(rows.index_side(entry)),
        "latex_matrix": _formula(rows.matrix_side(entry)),
    }


def _steps(entry: Entry, rows: RowMaker) -> dict[str, Any]:
    return {"steps": [_step(step, k == 0, rows) for k, step in enumerate(entry.steps)]} if entry.steps else {}


def _step(step: Step, first: bool, rows: RowMaker) -> dict[str, Any]:
    return {
        "rule": step.rule,
        "uses": list(step.uses),
        "text": text(step.after),
        "latex": replace(rows.scalars, deltas=first).math(step.after).text,
        "note": step.note,
    }
