"""Helpers of several equations under one name: made once where they are one, apart where they are not."""

from __future__ import annotations

import numpy as np

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.oracle.evaluate import evaluate
from symprop.plan import plan_derivation
from tests.cases.equations import Case
from tests.codegen.fixed import fixed_network

TWICE = Case(
    "softmax_of_a_softmax",
    {"Z": "N 4", "P": "N 4", "Q": "N 4", "G": "N 4"},
    """
    P[n,c] = exp(Z[n,c]/2)/sum[k](exp(Z[n,k]/2))
    Q[n,c] = exp(P[n,c])/sum[k](exp(P[n,k]))
    L = sum[n,c](G[n,c]*Q[n,c]**2)
    """,
    "",
    {"N": 3},
)


def test_the_maximum_that_defines_a_tensor_is_not_that_of_its_rows() -> None:
    network = fixed_network(TWICE)
    program = plan_derivation(derive(network)).program("loss")
    lowered = [e for stage in program.stages for group in stage.groups for e in group]
    made = {str(e) for e in lowered}
    assert {"M_P[n] = max[k](Z[n,k]/2)", "M_P_[n] = max[k](P[n,k])"} <= made


def test_values_of_a_softmax_of_a_softmax() -> None:
    network = fixed_network(TWICE)
    module = load_module(generate_module(derive(network), "numpy", "float64"), "softmax_twice")
    arrays = TWICE.arrays()
    expected = evaluate(TWICE.network, arrays, TWICE.sizes)["L"]
    value, _ = module.value_and_grad(module.Params(), {n: arrays[n] for n in ("Z", "G")}, {})
    np.testing.assert_allclose(value, expected, rtol=1e-13)
