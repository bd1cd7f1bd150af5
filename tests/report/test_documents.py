"""Whole documents: golden files, options, numbers, what compiles, and what user text cannot do."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from symprop import report
from symprop.derivation import derive, second_order
from symprop.errors import InputError
from symprop.language import Network, Scope, parse_equation
from tests import documents
from tests.cases.equations import CASES
from tests.report.networks import ROOT, golden_networks, logistic, mlp, tensor

GOLDEN = documents.GOLDEN / "report"
FORMS = {"tex": "latex", "txt": "text", "md": "markdown", "json": "json"}
ADJOINTS = {t.name: t for t in (tensor("V", 3, 1, role="input"), tensor("dW", 3, 1))}
NETWORKS = golden_networks()
needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")

COMPILED: dict[str, tuple[Network, tuple[str, ...]]] = {
    **{name: (net, ()) for name, net in NETWORKS.items()},
    **{f"case_{case.name}": (case.network, case.wrt) for case in CASES},
}


def compiled(tex: str, folder: Path) -> str:
    """The log of two runs of LaTeX."""
    (folder / "document.tex").write_text(tex, encoding="utf-8")
    for _ in range(2):
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "document.tex"]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
        assert run.returncode == 0, run.stdout[-2000:]
    return (folder / "document.log").read_text(encoding="utf-8", errors="replace")


def faults(log: str) -> list[str]:
    """Overfull boxes over 10 points, undefined references, missing links and characters."""
    wide = [line for line in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) if float(line) > 10.0]
    return wide + re.findall(r".*(?:undefined|does not exist|Missing character|multiply.defined).*", log)


@pytest.mark.parametrize("extension", FORMS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_document_is_its_golden_file(name: str, extension: str) -> None:
    written = report.render(derive(NETWORKS[name]), FORMS[extension], standalone=extension == "tex")
    documents.assert_golden(written, GOLDEN / f"{name}.{extension}")


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{name}.{extension}" for name in NETWORKS for extension in FORMS}
    assert {path.name for path in GOLDEN.iterdir()} == expected


@needs_latex
@pytest.mark.parametrize("name", NETWORKS)
def test_a_document_compiles_without_overfull_boxes(name: str, tmp_path: Path) -> None:
    derivation = derive(NETWORKS[name])
    for options in ({}, {"closed_form": True}, {"notation": "index"}, {"notation": "matrix"}):
        log = compiled(report.render(derivation, "latex", standalone=True, **options), tmp_path)
        assert faults(log) == [], options


@needs_latex
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in COMPILED if name.startswith("case_")])
def test_the_document_of_a_case_compiles(name: str, tmp_path: Path) -> None:
    net, wrt = COMPILED[name]
    log = compiled(report.render(derive(net), "latex", standalone=True, wrt=wrt), tmp_path)
    assert faults(log) == []


@needs_latex
def test_a_fragment_compiles_inside_another_document(tmp_path: Path) -> None:
    fragment = report.render(derive(mlp()), "latex")
    assert r"\documentclass" not in fragment
    assert r"\def" not in fragment and r"\newcommand" not in fragment
    packages = r"\usepackage{amsmath,amssymb}\usepackage[margin=2.3cm]{geometry}"
    tex = rf"\documentclass{{article}}{packages}\begin{{document}}{fragment}\end{{document}}"
    assert faults(compiled(tex, tmp_path)) == []


@needs_latex
def test_user_text_is_set_and_not_run(tmp_path: Path) -> None:
    bad = r"\input{/etc/passwd} $x$ & # % ^ _ ~ {}\end{document} <>|\"`'-- \write18"
    net = mlp(notes=(bad,), symbols={"W1": r"\bar{W}_1"})
    tex = report.render(derive(net), "latex", standalone=True)
    assert r"\input" not in tex and r"\write" not in tex
    assert tex.count(r"\end{document}") == 1
    assert faults(compiled(tex, tmp_path)) == []


def test_a_symbol_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match=r"^symbols: W1: '\\input\{x\}' is not a symbol in LaTeX; "):
        report.render(derive(mlp(symbols={"W1": r"\input{x}"})), "latex")


def test_markdown_text_starts_no_mathematics_links_or_tags() -> None:
    net = mlp(notes=(r"\(x\) [a](b) <script> $y$ | `c` *d* & #",))
    written = report.render(derive(net), "markdown")
    line = next(line for line in written.splitlines() if "script" in line)
    assert line == (r"- &#92;(x&#92;) &#91;a&#93;(b) &#60;script&#62; &#36;y&#36; &#124; &#96;c&#96; \*d\* &#38; &#35;")


def test_markdown_formulas_hold_no_backslash_before_punctuation() -> None:
    for net in NETWORKS.values():
        written = report.render(derive(net), "markdown")
        formulas = re.findall(r"\$\$?([^$]+)\$", written)
        assert formulas
        assert [f for f in formulas if re.search(r"\\[^A-Za-z]", f) or r"\operatorname" in f] == []


def test_numbers_are_those_of_the_full_list_whatever_is_asked_for() -> None:
    derivation = derive(mlp())
    everything = json.loads(report.render(derivation, "json"))
    part = json.loads(report.render(derivation, "json", wrt=["W2"]))
    numbers = {a["target"]: a["number"] for a in everything["adjoints"]}
    assert {a["target"]: a["number"] for a in part["adjoints"]} == {k: numbers[k] for k in ("dP", "dZ2", "dW2")}
    assert part["wrt"] == ["W2"]
    assert part["equations"] == everything["equations"]


def test_every_equation_that_a_step_cites_is_shown() -> None:
    for net in NETWORKS.values():
        shown = json.loads(report.render(derive(net), "json"))
        numbers = {e["number"] for e in shown["equations"] + shown["adjoints"]}
        cited = {n for a in shown["adjoints"] for step in a["steps"] for n in step["uses"]}
        assert cited and cited <= numbers


def test_a_tensor_may_be_asked_for_by_its_adjoint() -> None:
    derivation = derive(mlp())
    assert report.render(derivation, wrt=["dW2"]) == report.render(derivation, wrt=["W2", "W2"])


def test_the_closed_form_has_results_and_no_steps() -> None:
    derivation = derive(logistic())
    closed = report.render(derivation, "text", closed_form=True, notation="matrix")
    gradients = closed[closed.index("Gradients") :]
    assert gradients == (
        "Gradients\n  (6)   dW = x.T @ dZ\n  (7)   db = sum(dZ, axis=0)\n"
        "\nwhere\n  (5)   dZ = (A - y)/N\n"
        "\nwith the values of the forward pass\n  (1)   Z = x @ W + b\n  (2)   A = sigmoid(Z)\n"
        "  (3)   L = -sum(y*log(A) + (1 - y)*log(1 - A))/N\n"
        "\nSources\n  - Verhulst, Corresp. Math. Phys. 10, 113-121 (1838)\n"
    )
    assert "steps" not in json.loads(report.render(derivation, "json", closed_form=True))["adjoints"][0]


def test_one_notation_alone() -> None:
    derivation = derive(logistic())
    assert "x @ W" not in report.render(derivation, notation="index")
    assert "sum[i]" not in report.render(derivation, notation="matrix", closed_form=True)


def test_a_derivation_of_second_order_is_printed_with_its_own_prefix() -> None:
    first = derive(logistic())
    scalar = parse_equation("Q = sum[i,j](V[i,j]*dW[i,j])", Scope(ADJOINTS))
    second = derive(second_order(first, [ADJOINTS["V"]], scalar), prefix="D")
    written = report.render(second, "latex", wrt=["W"], notation="matrix", closed_form=True)
    assert r"\frac{\partial Q}{\partial W} & = x^{\top}\thinspace \mathrm{D}Z" in written
    assert r"\mathrm{D}\mathrm{d}Z & = x\thinspace \mathrm{D}\mathrm{d}W" in written


def test_what_has_no_matrix_form_is_printed_with_indices_in_any_notation() -> None:
    case = next(c for c in CASES if c.name == "convolution")
    written = report.render(derive(case.network), notation="matrix")
    assert "y[n,o,p] = sum[c,u](x[n,c,2*p + u - 2]*w[o,c,u]) + b[o]" in written


def test_json_has_its_keys_in_order() -> None:
    value = json.loads(report.render(derive(logistic()), "json"))
    keys = "schema network wrt equations adjoints updates inference truths assumptions kinks sources"
    assert list(value) == keys.split()
    assert list(value["equations"][0]) == ["number", "target", "shape", "text", "matrix", "latex", "latex_matrix"]
    assert value["adjoints"][1]["matrix"] == "dZ = (A - y)/N"
    assert value["adjoints"][1]["shape"] == ["N", "1"]
    assert [s["rule"] for s in value["adjoints"][1]["steps"]] == [
        "chain rule",
        "delta elimination",
        "named values",
        "composition",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "html"}, "form: unknown form 'html'; expected one of text, latex, markdown, json, got 'html'"),
        (
            {"notation": "words"},
            "notation: unknown notation 'words'; expected one of matrix, index, both, got 'words'",
        ),
        ({"wrt": ["V"]}, "V: no adjoint of this name; expected one of dA, dZ, dW, db, dx, dy"),
    ],
)
def test_what_is_unknown_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as refused:
        report.render(derive(logistic()), **options)
    assert str(refused.value) == message


def test_a_notebook_gets_one_formula_with_all_numbers() -> None:
    shown = report.notebook_latex(derive(logistic()))
    assert shown.startswith("$$") and shown.endswith("$$") and shown.count("$$") == 2
    assert [int(n) for n in re.findall(r"& \((\d+)\)", shown)] == [1, 2, 3, 5, 6, 7]
    assert r"\mathrm{d}Z & \displaystyle = \frac{A - y}{N} & (5)" in shown


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_bytes_under_any_hash_seed(seed: str) -> None:
    code = (
        "from symprop import report; from symprop.derivation import derive; from tests.report.networks import mlp; "
        "import sys; sys.stdout.write(''.join(report.render(derive(mlp()), f) for f in report.FORMS))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "".join(report.render(derive(mlp()), form) for form in report.FORMS)


def test_text_is_ascii_and_seldom_wider_than_a_terminal() -> None:
    lines = report.render(derive(mlp()), "text").splitlines()
    assert all(line.isascii() for line in lines)
    assert sum(len(line) > 104 for line in lines) == 0
