"""Every adjoint of every list of equations against complex step, before any layer exists."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from symprop.derivation import Derivation, derive, second_order
from symprop.errors import InputError
from symprop.language import Extent, Scope, Tensor, parse_equation, text
from symprop.language import expressions as ex
from symprop.oracle.differences import compare, gradient, relative_error
from symprop.oracle.evaluate import evaluate
from tests.cases.equations import ARITY, CASES, Case

BY_NAME = {case.name: case for case in CASES}
TOLERANCE = 1e-11


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_both_forms_of_every_adjoint_agree_with_complex_step(case: Case, seed: int) -> None:
    rows = compare(derive(case.network), case.arrays(seed), case.sizes)
    assert rows
    for row in rows:
        assert row.error < TOLERANCE, row


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_real_tensor_has_an_adjoint(case: Case) -> None:
    derivation = derive(case.network)
    assert set(case.wrt) <= {a.tensor for a in derivation}


@pytest.mark.parametrize("name", ["dense", "layer_norm", "convolution", "lstm", "average_pooling"])
def test_the_comparison_notices_a_wrong_adjoint(name: str) -> None:
    case = BY_NAME[name]
    derivation = derive(case.network)
    broken = [replace(a, equation=a.equation.with_body(ex.mul(ex.Number(2), a.equation.body))) for a in derivation]
    wrong = replace(derivation, adjoints=tuple(broken))
    rows = compare(wrong, case.arrays(), case.sizes)
    assert all(row.error > 0.1 for row in rows if row.form == "equation" and row.scale > 0)


def test_second_derivation_gives_a_hessian_vector_product() -> None:
    case = BY_NAME["two_layers"]
    first = derive(case.network)
    vector = Tensor("V", case.network.tensors["W1"].axes, role="input")
    tensors = {**case.network.tensors, "V": vector, "dW1": replace(vector, name="dW1")}
    scalar = parse_equation("Q = sum[i,j](V[i,j]*dW1[i,j])", Scope(tensors, functions=ARITY))
    second = derive(second_order(first, [vector], scalar), prefix="h")
    arrays = case.arrays() | {"V": np.random.default_rng(7).standard_normal((3, 4))}
    values = evaluate(second.network, arrays, case.sizes)
    adjoints = [a.equation for a in second]
    found = evaluate(
        adjoints, {**arrays, **values}, case.sizes, functions=case.network.functions, tensors=second.network.tensors
    )
    step = 1e-5
    for name in ("W1", "b1", "W2", "b2"):
        ahead, behind = (
            gradient(case.network, arrays | {"W1": arrays["W1"] + s * arrays["V"]}, case.sizes, [name])[name]
            for s in (step, -step)
        )
        assert relative_error(found["h" + name], (ahead - behind) / (2 * step)) < 1e-8, name


def test_an_adjoint_whose_name_is_taken_is_refused() -> None:
    case = BY_NAME["dense"]
    tensors = {**case.network.tensors, "dW": Tensor("dW", (Extent.of(2),), role="input")}
    with pytest.raises(InputError) as caught:
        derive(replace(case.network, tensors=tensors))
    assert str(caught.value) == (
        "tensor 'W': its adjoint would be named dW, which is the name of another tensor. "
        "Choose another prefix for the adjoints."
    )


def test_a_recurrence_in_both_directions_is_refused() -> None:
    tensors = {"x": Tensor("x", (Extent.of("T"),), role="input"), "h": Tensor("h", (Extent.of("T"),))}
    scope = Scope(tensors)
    lines = ["h[t] = x[t] + h[t-1] + h[t+1]", "L = sum[t](h[t]**2)"]
    equations = tuple(parse_equation(line, scope) for line in lines)
    with pytest.raises(InputError) as caught:
        derive(replace(BY_NAME["dense"].network, tensors=tensors, equations=equations))
    assert str(caught.value) == (
        "equation: it reads its own target both before and behind the entry it defines. "
        "Split it into a pass forwards and a pass backwards."
    )


def bodies(derivation: Derivation) -> dict[str, str]:
    return {a.equation.target: text(a.equation.body) for a in derivation}


def test_dense_reads_as_in_the_textbook() -> None:
    found = bodies(derive(BY_NAME["dense"].network))
    assert found["dW"] == "sum[n](X[n,i]*dZ[n,j])"
    assert found["db"] == "sum[n](dZ[n,j])"
    assert found["dX"] == "sum[j](dZ[n,j]*W[i,j])"


def test_activations_are_written_with_what_the_forward_pass_kept() -> None:
    found = bodies(derive(BY_NAME["two_layers"].network))
    assert found["dZ1"] == "dA1[n,j]*(1 - A1[n,j]**2)"
    assert found["dZ2"] == "dA2[n,k]*A2[n,k]*(1 - A2[n,k])"


def test_the_exact_form_does_not_read_a_saturating_activation() -> None:
    exact = {a.equation.target: text(a.exact.body) for a in derive(BY_NAME["two_layers"].network)}
    assert exact["dZ1"] == "dA1[n,j]*(1 - tanh(Z1[n,j])**2)"


def test_softmax_rows_read_as_in_the_textbook() -> None:
    found = bodies(derive(BY_NAME["softmax"].network))
    name = next(n for n in found if n.startswith("dx") or n.startswith("dZ") or n.startswith("dX"))
    assert "exp" not in found[name]


SCRIPT = """
from tests.cases.equations import CASES
from symprop.derivation import derive
for case in CASES:
    print(case.name, derive(case.network), [s for a in derive(case.network) for s in a.steps])
"""


def test_the_same_text_under_any_hash_seed() -> None:
    outputs = set()
    for seed in ("0", "1", "4711"):
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ".", "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.add(run.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop()) > 10_000
