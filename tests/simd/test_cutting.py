"""Parts of functions of loops, run by Python one behind the other, against the functions themselves."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symprop.simd.cutting import PART, Cut, cuts, needs_rows, part_of_loops, steps_of_parts, work_of
from symprop.simd.writing import array_of
from tests.simd import functions_of_loops as written
from tests.simd.test_nests import given, shapes_of

Function = Callable[..., Any]
ROWS = 7


def syntax(text: str) -> ast.FunctionDef:
    found = ast.parse(textwrap.dedent(text)).body[0]
    assert isinstance(found, ast.FunctionDef)
    return found


def cuts_of(text: str, **shapes: str) -> list[str]:
    return [cut.name for cut in cuts(syntax(text), {n: array_of(s, "double") for n, s in shapes.items()})]


def run_part(function: Function, cut: Cut, first: int, count: int, arguments: dict[str, Any]) -> None:
    """Steps first, first + 1, ... of a cut, on arrays that begin there."""
    text = part_of_loops(syntax(inspect.getsource(function)), cut, PART)
    space = {"np": np, "math": math, "real": np.float64, **vars(written)}
    exec(text, space)
    moved = {}
    for name, value in arguments.items():
        axis = cut.axes.get(name)
        moved[name] = value if axis is None else value[(slice(None),) * axis + (slice(first, None),)]
    space[function.__name__](count, **moved)


@pytest.mark.parametrize("function", [*written.SHAPES, *written.LARGE], ids=lambda f: f.__name__)
def test_parts_together_do_what_the_whole_does(function: Function) -> None:
    arrays = {n: array_of(s, "double") for n, s in shapes_of(function).items()}
    for cut in cuts(syntax(inspect.getsource(function)), arrays):
        names = list(inspect.signature(function).parameters)
        whole = dict(zip(names, given(function, ROWS, "float64"), strict=True))
        parts = {n: v.copy() if isinstance(v, np.ndarray) else v for n, v in whole.items()}
        function(**whole)
        extent = ROWS if cut.extent == "N" else int(cut.extent)
        step = max(1, extent // 3)
        for first in reversed(range(0, extent, step)):
            run_part(function, cut, first, min(step, extent - first), parts)
        for name in arrays:
            assert whole[name].tobytes() == parts[name].tobytes(), (cut, name)


PRODUCT = """
def product(N, x, w, z):
    for n in range(N):
        for j in range(24):
            total = 0.0
            for i in range(40):
                total += x[n, i] * w[i, j]
            z[n, j] = total
"""


def test_a_product_is_cut_where_its_parts_have_least_in_common_to_read() -> None:
    assert cuts_of(PRODUCT, x="N, 40", w="40, 24", z="N, 24") == ["n", "j"]
    wide = PRODUCT.replace("40", "400").replace("24", "240")
    assert cuts_of(wide, x="N, 400", w="400, 240", z="N, 240") == ["j", "n"]


@pytest.mark.parametrize(
    "body",
    [
        "total = 0.0\n    for n in range(N):\n        total += x[n, 0]\n    z[0, 0] = total",  # a sum over n
        "for n in range(N):\n        z[0, 0] = x[n, 0]",  # one place for all n
        "for n in range(N):\n        z[n, 0] = z[n - 1, 0]",  # from one step to the next
        "for n in range(N):\n        z[n, 0] = n * x[n, 0]",  # its number
        "for n in range(N):\n        k = n\n        z[k, 0] = x[k, 0]",
        "for n in range(1, N):\n        z[n, 0] = x[n, 0]",  # not all
        "for n in range(N):\n        z[n, 0] = x[n, 0]\n    for m in range(N):\n        z[m, 1] = z[0, 0]",
        "z[0, 0] = x[0, 0]\n    for n in range(N):\n        z[n, 1] = x[n, 0]",  # written outside
        "for n in range(N):\n        z[n, 0] = x[n, 0]\n    return x[0, 0]",
        "for n in range(N):\n        z[n, n] = x[n, 0]",
        "for n in range(N):\n        for n in range(N):\n            z[n, 0] = x[n, 0]",
        "for n in range(N):\n        last = x[n, 0]\n        z[n, 0] = last\n    other = last",
        "for t in range(2):\n        total = 0.0\n        for n in range(N):\n            total += x[n, t]\n"
        "            z[n, 0] = total",
    ],
)
def test_loops_whose_steps_need_each_other_are_not_cut(body: str) -> None:
    assert cuts_of(f"def f(N, x, z):\n    {body}\n", x="N, 9", z="N, 9") == []


def test_rows_of_a_recurrence_are_cut_though_its_steps_are_not() -> None:
    body = """
    def f(N, x, h):
        for t in range(5):
            for n in range(N):
                for j in range(6):
                    h[n, t, j] = x[n, t, j] + (h[n, t - 1, j] if t > 0 else 0.0)
    """
    assert cuts_of(body, x="N, 5, 6", h="N, 5, 6") == ["n", "j"]


def test_the_number_of_all_rows_stays_what_it_is_in_a_part() -> None:
    text = "def f(N, x, z):\n    for n in range(N):\n        z[n] = x[n] / N\n"
    arrays = {n: array_of("N", "double") for n in ("x", "z")}
    (cut,) = cuts(syntax(text), arrays)
    assert needs_rows(syntax(text), cut, arrays)
    assert not needs_rows(syntax(text.replace("/ N", "")), cut, arrays)
    assert part_of_loops(syntax(text), cut, PART) == (
        "def f(rows_of_part, N, x, z):\n    for n in range(rows_of_part):\n        z[n] = x[n] / N"
    )


@pytest.mark.parametrize(
    ("extent", "unit", "steps"),
    [(512, 32, 64), (128, 32, 32), (784, 8, 56), (331, 16, 64), (16, 4, 4), (8, 8, 0), (13, 4, 4), (37, 1, 5)],
)
def test_parts_are_of_whole_units_and_equal_where_that_can_be(extent: int, unit: int, steps: int) -> None:
    assert next(iter(steps_of_parts(extent, unit)), 0) == steps


def test_work_is_counted_for_every_row_and_besides() -> None:
    assert work_of(syntax(PRODUCT)) == (24 * (40 * 4 + 9), 0)
    text = "def f(N, w, z):\n    for i in range(0, 9, 2):\n        z[i] = np.exp(w[i])\n"
    assert work_of(syntax(text)) == (0, 5 * (2 + 8 + 16))
