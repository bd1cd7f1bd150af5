"""Documents of higher derivatives: golden files, closed forms, LaTeX that compiles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symprop import report
from symprop.derivation import (
    Quantity,
    derive,
    empirical_fisher_product,
    gauss_newton_product,
    hessian,
    hessian_vector_product,
    jacobian,
    per_example_gradients,
)
from symprop.errors import InputError
from symprop.presented import PresentedDerivation
from tests import documents
from tests.derivation.test_products import LOGISTIC, PERCEPTRON, network
from tests.report.test_documents import compiled, faults, needs_latex

GOLDEN = documents.GOLDEN / "quantities"
FORMS = {"tex": "latex", "txt": "text", "md": "markdown", "json": "json"}


def made() -> dict[str, Quantity]:
    logistic, perceptron = derive(network(LOGISTIC)), derive(network(PERCEPTRON))
    return {
        "hvp": hessian_vector_product(perceptron),
        "logistic_hvp": hessian_vector_product(logistic),
        "logistic_hessian": hessian(logistic, "W_out"),
        "gauss_newton": gauss_newton_product(perceptron),
        "empirical_fisher": empirical_fisher_product(perceptron),
        "per_example": per_example_gradients(perceptron),
        "jacobian": jacobian(perceptron, "Z_o", "x"),
    }


QUANTITIES = made()
WHOLE = ("hvp", "logistic_hessian", "per_example")


@pytest.mark.parametrize("extension", FORMS)
@pytest.mark.parametrize("name", WHOLE)
def test_a_document_is_its_golden_file(name: str, extension: str) -> None:
    written = report.render_quantity(QUANTITIES[name], FORMS[extension], standalone=extension == "tex")
    documents.assert_golden(written, GOLDEN / f"{name}.{extension}")


@pytest.mark.parametrize("name", QUANTITIES)
def test_closed_forms_are_their_golden_files(name: str) -> None:
    written = report.render_quantity(QUANTITIES[name], "text", closed_form=True)
    documents.assert_golden(written, GOLDEN / f"closed_{name}.txt")


@needs_latex
@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("name", QUANTITIES)
def test_latex_compiles(name: str, closed: bool, tmp_path: Path) -> None:
    tex = report.render_quantity(QUANTITIES[name], "latex", standalone=True, closed_form=closed)
    assert faults(compiled(tex, tmp_path)) == []


def test_no_golden_file_is_left_over() -> None:
    whole = {f"{name}.{extension}" for name in WHOLE for extension in FORMS}
    assert {path.name for path in GOLDEN.iterdir()} == whole | {f"closed_{name}.txt" for name in QUANTITIES}


def test_the_logistic_product_as_matrices() -> None:
    text = report.render_quantity(QUANTITIES["logistic_hvp"], notation="matrix", closed_form=True)
    assert "  (9)   vdW_out = (x.T @ (A_out*(1 - A_out)*(x @ vW_out)))/N\n" in text
    tex = report.render_quantity(QUANTITIES["logistic_hvp"], "latex", notation="matrix", closed_form=True)
    assert r"\frac{\partial" not in tex


def test_a_part_alone() -> None:
    text = report.render_quantity(QUANTITIES["hvp"], wrt=["b_o"], closed_form=True)
    assert "vdb_o = " in text and "vdW_h = " not in text
    with pytest.raises(InputError) as caught:
        report.render_quantity(QUANTITIES["hvp"], wrt=["x"])
    assert str(caught.value) == "x: hvp has no part of this name; expected one of W_h, b_h, W_o, b_o"


def test_shapes_are_those_of_the_equations() -> None:
    value = json.loads(report.render_quantity(QUANTITIES["jacobian"], "json"))
    assert {a["target"]: a["shape"] for a in value["adjoints"]}["JZ_o"] == ["N", "5", "3"]
    value = json.loads(report.render_quantity(QUANTITIES["per_example"], "json"))
    assert {a["target"]: a["shape"] for a in value["adjoints"]}["gW_h"] == ["N", "3", "4"]


def test_a_presented_derivation_has_them_as_methods() -> None:
    derivation = PresentedDerivation.of(derive(network(PERCEPTRON)))
    for quantity in (
        derivation.hessian_vector_product(),
        derivation.gauss_newton_product(),
        derivation.fisher_product(),
        derivation.empirical_fisher_product(),
        derivation.per_example_gradients(),
        derivation.jacobian("Z_o", "x"),
        derivation.hessian("b_o"),
    ):
        assert quantity.text().startswith("Derivation of perceptron\n")
        assert quantity.latex(closed_form=True).startswith("\\[")
        assert quantity.markdown().startswith("# Derivation of ")
        assert json.loads(quantity.json())["schema"] == 1
        assert quantity._repr_latex_().startswith("$$")
