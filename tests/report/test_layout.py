"""Lines end at the outermost operators, and no estimated width is far below TeX's."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from symprop.derivation import derive
from symprop.language import Scope, parse_expression
from symprop.report.layout import Math
from symprop.report.rows import RowMaker
from symprop.report.scalarmath import ScalarPrinter
from symprop.report.symbols import Symbols
from symprop.report.view import view_of
from symprop.report.width import width_points
from tests.cases.equations import CASES
from tests.report.networks import mlp

needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


def printed(source: str) -> Math:
    return ScalarPrinter(Symbols(mlp())).math(parse_expression(source, Scope()))


def test_a_formula_that_fits_stays_on_one_line() -> None:
    assert printed("a + b").lines(1000.0) == ["a + b"]


def test_a_sum_is_broken_before_its_signs() -> None:
    lines = printed(" + ".join(f"a{k}*b{k}" for k in range(20))).lines(250.0)
    assert all(width_points(line) <= 250.0 for line in lines)
    assert len(lines) > 2
    assert all(line.startswith("{} + ") for line in lines[1:])
    assert (
        "".join(line.removeprefix("{}") for line in lines) == printed(" + ".join(f"a{k}*b{k}" for k in range(20))).text
    )


def test_a_sum_is_broken_rather_than_what_stands_in_its_parentheses() -> None:
    lines = printed("a*(b + c + d) + e*(f + g + h)").lines(130.0)
    assert lines == ["a (b + c + d)", "{} + e (f + g + h)"]


def test_the_last_line_leaves_room_for_a_tag() -> None:
    formula = printed("aaa + bbb + ccc + ddd")
    assert formula.lines(formula.points + 5.0) == [formula.text]
    assert len(formula.lines(formula.points + 5.0, 50.0)) == 2


def test_a_control_word_is_kept_apart_from_a_letter() -> None:
    assert Math.of(r"\top").then("x").text == r"\top x"
    assert Math.of(r"\top").then("1").text == r"\top1"


def formulas() -> list[str]:
    """Right sides and steps of all cases."""
    found: list[str] = []
    for case in CASES:
        view = view_of(derive(case.network), "both", False, case.wrt)
        rows = RowMaker(ScalarPrinter(view.symbols, view.network.functions))
        for entry in (*view.forward, *view.backward):
            sides = (rows.matrix_side(entry), rows.index_side(entry))
            found += [side.right.text for side in sides if side is not None]
            found += [rows.scalars.math(step.after).text for step in entry.steps]
    return list(dict.fromkeys(found))


@needs_latex
def test_estimated_widths_are_near_those_of_tex(tmp_path: Path) -> None:
    shown = formulas()
    measured = tex_widths(shown, tmp_path)
    assert len(measured) == len(shown) > 300
    wrong = [
        (tex, points)
        for tex, points in zip(shown, measured, strict=True)
        if not 0.87 * points - 4.0 <= width_points(tex) <= 1.3 * points + 15.0
    ]
    assert wrong == []


def tex_widths(formulas: list[str], folder: Path) -> list[float]:
    measure = r"\newbox\made\def\measure#1{\setbox\made\hbox{$\displaystyle #1$}\typeout{width \the\wd\made}}"
    body = "\n".join(rf"\measure{{{tex}}}" for tex in formulas)
    packages = r"\usepackage{amsmath,amssymb}"
    text = rf"\documentclass[11pt]{{article}}{packages}{measure}\begin{{document}}{body}\end{{document}}"
    (folder / "widths.tex").write_text(text)
    run = subprocess.run(["pdflatex", "-interaction=batchmode", "widths.tex"], cwd=folder, capture_output=True)
    assert run.returncode == 0
    return [float(found) for found in re.findall(r"width ([\d.]+)pt", (folder / "widths.log").read_text())]
