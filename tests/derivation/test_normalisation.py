"""Normalisations read as in their papers: mu, var and xhat by name, dx in three terms over sqrt(var + eps)."""

from __future__ import annotations

import pytest

from symprop.derivation import derive
from symprop.language import text
from tests.cases.equations import CASES

BY_NAME = {case.name: case for case in CASES}


def found(case: str, tensor: str) -> str:
    return text(derive(BY_NAME[case].network)[tensor].equation.body)


BATCH = "sum[k](dh[k,i])/N", "sum[k](dh[k,i]*h[k,i])/N", "sqrt(v[i] + 0.001)"
LAYER = "sum[k](dh[n,k])/D", "sum[k](dh[n,k]*h[n,k])/D", "sqrt(v[n] + 0.001)"
IMAGES = "sum[k,l,p](dh[k,c,l,p])/(N*H*W)", "sum[k,l,p](dh[k,c,l,p]*h[k,c,l,p])/(N*H*W)", "sqrt(v[c] + 0.001)"
GROUPS = "sum[k,l](dh[n,(g, k),l])/(3*T)", "sum[k,l](dh[n,(g, k),l]*h[n,(g, k),l])/(3*T)", "sqrt(v[n,g] + 0.001)"


@pytest.mark.parametrize(
    ("case", "at", "parts"),
    [
        ("batch_norm", "n,i", BATCH),
        ("layer_norm", "n,i", LAYER),
        ("batch_norm_of_images", "n,c,h,w", IMAGES),
        ("group_norm", "n,(g, c),t", GROUPS),
    ],
)
def test_three_terms(case: str, at: str, parts: tuple[str, str, str]) -> None:
    mean, product, root = parts
    assert found(case, "x") == f"(dh[{at}] - {mean} - h[{at}]*{product})/{root}"


def test_the_intermediate_adjoints_stay_named_and_short() -> None:
    assert found("batch_norm", "v") == "-sum[n](dh[n,i]*h[n,i])/(2*(v[i] + 0.001))"
    # the path through the variance is 0: a centred row sums to 0
    assert found("batch_norm", "m") == "-sum[n](dh[n,i])/sqrt(v[i] + 0.001)"
    assert found("batch_norm", "gamma") == "sum[n](dy[n,i]*h[n,i])"


def test_root_mean_square_norm_has_two_terms() -> None:
    assert found("rms_norm", "x") == "(dh[n,i] - h[n,i]*sum[k](dh[n,k]*h[n,k])/D)/sqrt(s[n] + 0.001)"


def test_a_named_difference_is_used() -> None:
    assert found("centred_layer_norm", "c") == "(dh[n,i] - h[n,i]*sum[k](dh[n,k]*h[n,k])/D)/sqrt(v[n] + 0.001)"
    assert found("centred_layer_norm", "x") == "dc[n,i] - sum[k](dc[n,k])/D"


def test_another_path_stays_beside_the_three_terms() -> None:
    mean, product, root = LAYER
    assert found("layer_norm_in_a_residual", "x") == f"(dh[n,i] - {mean} - h[n,i]*{product})/{root} + dR[n,i]"


def test_steps_name_what_was_used() -> None:
    derivation = derive(BY_NAME["batch_norm"].network)
    rules = {name: [step.rule for step in derivation[name].steps] for name in ("m", "x")}
    assert rules["m"] == ["chain rule", "delta elimination", "sums at hand"]
    assert rules["x"] == ["chain rule", "delta elimination", "composition"]
    assert derivation["m"].steps[-1].uses == (1,)
    assert derivation["x"].steps[-1].uses == (derivation["v"].number, derivation["m"].number)
    # what was composed is no longer needed for the gradient by x
    assert [a.tensor for a in derivation.needed(["x"])] == ["y", "h", "x"]


def test_a_mean_over_a_part_of_the_rows_is_no_mean_of_all() -> None:
    case = BY_NAME["a_mean_of_the_first_rows"]
    assert text(derive(case.network)["m"].equation.body) != "0"
