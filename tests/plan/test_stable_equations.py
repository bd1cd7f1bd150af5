"""Whole equations: rows shifted by their maximum, stored intermediates, losses at extreme logits."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

from symprop.language import Equation, Extent, Network, Scope, Tensor, parse_equation
from symprop.library.activations import ACTIVATIONS
from symprop.plan.stable import stabilise
from tests.plan import stable_references as references
from tests.plan.stable_evaluator import evaluate_equations

FUNCTIONS = {name: entry.function() for name, entry in ACTIVATIONS.items() if entry.elementwise}
AXES = {
    "Z": "NC",
    "Y": "NC",
    "P": "NC",
    "A": "NC",
    "U": "NC",
    "V": "NC",
    "R": "NTT",
    "Q": "NTT",
    "H": "NT",
    "O": "NC",
    "dP": "NC",
    "dZ": "NC",
    "L": "",
}
ROLES = {"Y": "target", "L": "loss", "R": "input", "dP": "input"}
SOFTMAX = "P[n,c] = exp(Z[n,c])/sum[k](exp(Z[n,k]))"
SIGMOID = "A[n,c] = sigmoid(Z[n,c])"


def network(*equations: str, more: dict[str, str] | None = None) -> Network:
    """Equations over tensors with the axes above; Z is given unless an equation defines it."""
    shapes = {**AXES, **(more or {})}
    tensors = {
        name: Tensor(name, tuple(map(Extent.of, axes)), role=ROLES.get(name, "intermediate"))
        for name, axes in shapes.items()
    }
    scope = Scope(tensors, functions=dict.fromkeys(FUNCTIONS, 1))
    parsed = tuple(parse_equation(text, scope) for text in equations)
    return Network("test", tensors, parsed, functions=FUNCTIONS)


def lines(*equations: str, more: dict[str, str] | None = None) -> list[str]:
    """The last of some equations, lowered, as text."""
    net = network(*equations, more=more)
    return [str(e) for e in stabilise(net.equations[-1], net)]


ROW = ["M_Z[n] = max[k](Z[n,k])", "S_Z[n] = sum[k](exp(Z[n,k] - M_Z[n]))"]


def test_softmax_is_shifted_by_the_maximum_of_its_row() -> None:
    assert lines(SOFTMAX) == [*ROW, "P[n,c] = exp(Z[n,c] - M_Z[n])/S_Z[n]"]


def test_log_softmax_takes_the_difference_first() -> None:
    expected = [*ROW, "O[n,c] = Z[n,c] - M_Z[n] - log(S_Z[n])"]
    assert lines("O[n,c] = Z[n,c] - log(sum[k](exp(Z[n,k])))") == expected
    assert lines(SOFTMAX, "O[n,c] = log(P[n,c])") == expected


def test_a_loss_of_a_stored_softmax_is_lowered_from_the_logits() -> None:
    assert lines(SOFTMAX, "L = -sum[n,c](Y[n,c]*log(P[n,c]))/N") == [
        *ROW,
        "L = -sum[n,c](Y[n,c]*(Z[n,c] - M_Z[n] - log(S_Z[n])))/N",
    ]


def test_a_loss_of_a_stored_sigmoid_is_lowered_from_the_logits() -> None:
    loss = "L = -sum[n,c](Y[n,c]*log(A[n,c]) + (1 - Y[n,c])*log(1 - A[n,c]))"
    assert lines(SIGMOID, loss) == [
        "L = -sum[n,c](where(Z[n,c] >= 0, -Z[n,c]*(1 - Y[n,c]), Y[n,c]*Z[n,c]) - log1p(exp(-abs(Z[n,c]))))"
    ]


def test_the_row_of_a_masked_sum_is_masked_alike() -> None:
    attention = "Q[n,t,s] = [s <= t]*exp(R[n,t,s])/sum[k: k <= t](exp(R[n,t,k]))"
    assert lines(attention) == [
        "M_Q[n,t] = max[k: t >= k](R[n,t,k])",
        "S_Q[n,t] = sum[k: t >= k](exp(R[n,t,k] - M_Q[n,t]))",
        "Q[n,t,s] = [t >= s]*(exp(R[n,t,s] - M_Q[n,t])/S_Q[n,t])",
    ]


def test_a_weighted_sum_shares_the_maximum_of_the_plain_one() -> None:
    adjoint = (
        "dZ[n,j] = exp(Z[n,j])/sum[k](exp(Z[n,k]))*(dP[n,j] - sum[c](dP[n,c]*exp(Z[n,c]))/sum[k](exp(Z[n,k])))"
    )
    assert lines(adjoint)[:2] == ROW
    assert "exp(Z[n,c] - M_Z[n])" in lines(adjoint)[2]


def test_a_temperature_belongs_to_the_row() -> None:
    assert lines("P[n,c] = exp(Z[n,c]/3)/sum[k](exp(Z[n,k]/3))") == [
        "M_P[n] = max[k](Z[n,k]/3)",
        "S_P[n] = sum[k](exp(Z[n,k]/3 - M_P[n]))",
        "P[n,c] = exp(Z[n,c]/3 - M_P[n])/S_P[n]",
    ]


def test_a_sum_that_grows_by_itself_is_left_alone() -> None:
    """A Poisson loss: no maximum would cancel."""
    poisson = "L = sum[n,c](exp(Z[n,c]) - Y[n,c]*Z[n,c])"
    assert lines(poisson) == [poisson]


def test_names_that_are_taken_are_not_used() -> None:
    assert lines(SOFTMAX, more={"M_Z": "N", "S_Z": "N"}) == [
        "M_Z_2[n] = max[k](Z[n,k])",
        "S_Z_2[n] = sum[k](exp(Z[n,k] - M_Z_2[n]))",
        "P[n,c] = exp(Z[n,c] - M_Z_2[n])/S_Z_2[n]",
    ]


def test_equal_names_from_two_equations_are_equal_equations() -> None:
    net = network(SOFTMAX, "L = -sum[n,c](Y[n,c]*log(P[n,c]))/N")
    first, second = (stabilise(e, net)[:-1] for e in net.equations)
    assert first == second


def test_a_read_beyond_the_edge_is_not_unfolded() -> None:
    """It is 0 there, which is not the softmax of anything."""
    assert lines(SIGMOID, "O[n,c] = log(A[n,c-1] + 1)") == ["O[n,c] = log1p(A[n,c - 1])"]


def test_a_recurrence_is_not_unfolded_into_itself() -> None:
    step = "H[n,t] = sigmoid(log(H[n,t-1] + 2))"
    assert "H[n,t - 1]" in lines(step)[-1]


def test_what_is_dear_is_not_computed_again() -> None:
    """The logits of a dense layer written inline stay in their own equation."""
    inline = "A[n,c] = sigmoid(sum[k](U[n,k]*V[k,c]))"
    tensors = {"U": "NC", "V": "CC"}
    assert lines(inline, "O[n,c] = log(A[n,c])", more=tensors) == ["O[n,c] = log(A[n,c])"]


def test_other_equations_stay_as_they_are() -> None:
    for text in ("O[n,c] = sum[k](U[n,k]*V[k,c]) + Z[n,c]", "L = sum[n,c]((Z[n,c] - Y[n,c])**2)/N"):
        assert lines(text, more={"V": "CC"}) == [text]


# -- values --------------------------------------------------------------------------------------------------------

SIZES = {"N": 3, "C": 4, "T": 5}
EQUATIONS = [
    (SOFTMAX,),
    ("O[n,c] = Z[n,c] - log(sum[k](exp(Z[n,k])))",),
    (SOFTMAX, "O[n,c] = log(P[n,c])*Y[n,c] + 1/P[n,c]"),
    (SOFTMAX, "L = sum[n,c](where(Y[n,c] > 0, Y[n,c]*log(Y[n,c]/P[n,c]), 0))/N"),
    (SIGMOID, "O[n,c] = Y[n,c]/A[n,c] - (1 - Y[n,c])/(1 - A[n,c])"),
    ("Q[n,t,s] = [s <= t]*exp(R[n,t,s])/sum[k: k <= t](exp(R[n,t,k]))",),
    ("dZ[n,j] = exp(Z[n,j])/sum[k](exp(Z[n,k]))*(dP[n,j] - sum[c](dP[n,c]*exp(Z[n,c]))/sum[k](exp(Z[n,k])))",),
    ("dZ[n,j] = sum[c](dP[n,c]*exp(Z[n,c])/sum[k](exp(Z[n,k]))*([j == c]*1 - exp(Z[n,j])/sum[k](exp(Z[n,k]))))",),
    ("O[n,c] = sigmoid(Z[n,c])*tanh(U[n,c]) + sigmoid(U[n,0])*Z[n,c] - Y[n,c]",),
    ("O[n,c] = exp(Z[n,c])/(exp(Z[n,c]) + exp(U[n,c]) + exp(Y[n,c]))",),
    ("O[n,c] = mish(Z[n,c])*dP[n,c] + log_sigmoid(-U[n,c])",),
    ("O[n,c] = Z[n,c]*exp(Z[n,c])/sum[k](exp(Z[n,k])) + Z[n,c]",),
    ("L = sum[n](log(sum[c](Y[n,c]*exp(Z[n,c]))))",),
    ("L = sum[n](sum[c](Z[n,c]*exp(Z[n,c]))/sum[k](exp(Z[n,k])))",),
    ("O[n,c] = exp(-2*Z[n,c])/sum[k](exp(-2*Z[n,k]))",),
]


def arrays(scale: float) -> dict[str, Any]:
    generator = np.random.default_rng(7)
    shape = {name: [SIZES[s] for s in axes] for name, axes in AXES.items()}
    out: dict[str, Any] = {name: scale * generator.standard_normal(shape[name]) for name in ("Z", "U", "R", "dP")}
    weights = generator.random(shape["Y"]) + 0.1
    return {**out, "Y": weights / weights.sum(axis=1, keepdims=True)}


def values(equations: list[Equation], given: dict[str, Any], number: Callable[[Any], Any], target: str) -> Any:
    return evaluate_equations(equations, given, SIZES, number)[target]


def unfolded(net: Network) -> list[Equation]:
    from symprop.plan.stable_unfold import unfold_functions

    return [e.with_body(unfold_functions(e.body, FUNCTIONS)) for e in net.equations]


@pytest.mark.parametrize("scale", [1.0, 3.0])
@pytest.mark.parametrize("equations", EQUATIONS, ids=lambda e: str(e[-1]))
def test_the_lowered_list_has_the_value_of_the_equation(equations: tuple[str, ...], scale: float) -> None:
    net, given = network(*equations), arrays(scale)
    target = net.equations[-1].target
    with mp.workdps(60):
        exact = values(unfolded(net), given, mpf, target)
    before = [lowered for e in net.equations[:-1] for lowered in stabilise(e, net)]
    found = values([*before, *stabilise(net.equations[-1], net)], given, np.float64, target)
    np.testing.assert_allclose(found.astype(float), exact.astype(float), rtol=2e-14, atol=1e-300)


LOGITS = np.array([[1e4, -1e4, 0.0, 3.0], [-1e4, -1e4, -1e4, -1e4], [700.0, 701.0, -700.0, 0.5]])
ONE_HOT = np.eye(4)[[1, 2, 0]]
CLASSES = {
    "cross-entropy of a stored softmax": (SOFTMAX, "L = -sum[n,c](Y[n,c]*log(P[n,c]))/N"),
    "cross-entropy of log-softmax": (
        "O[n,c] = Z[n,c] - log(sum[k](exp(Z[n,k])))",
        "L = -sum[n,c](Y[n,c]*O[n,c])/N",
    ),
    "Kullback-Leibler": (
        SOFTMAX,
        "L = sum[n,c](where(Y[n,c] > 0, Y[n,c]*log(Y[n,c]), 0) - Y[n,c]*log(P[n,c]))/N",
    ),
    "log of the sum less the score": ("L = sum[n](log(sum[k](exp(Z[n,k]))) - sum[c](Y[n,c]*Z[n,c]))/N",),
}


@pytest.mark.parametrize("name", CLASSES)
def test_losses_of_classes_at_extreme_logits(name: str) -> None:
    net = network(*CLASSES[name])
    equations = [lowered for e in net.equations for lowered in stabilise(e, net)]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = values(equations, {"Z": LOGITS, "Y": ONE_HOT}, np.float64, "L")
    with mp.workdps(60):
        rows = [[mpf(v) for v in row] for row in LOGITS.tolist()]
        terms = [_log_sum(row) - row[k] for row, k in zip(rows, [1, 2, 0], strict=True)]
        exact = mp.fsum(terms) / 3
    assert float(found) == pytest.approx(float(exact), rel=4 * 2.0**-52)


def _log_sum(row: list[mpf]) -> mpf:
    top = max(row)
    return top + mp.log(mp.fsum(mp.exp(v - top) for v in row))


BINARY = ("-(Y[n,c]*log(A[n,c]) + (1 - Y[n,c])*log(1 - A[n,c]))", "softplus(Z[n,c]) - Y[n,c]*Z[n,c]")


@pytest.mark.parametrize("formula", BINARY)
def test_binary_cross_entropy_at_extreme_logits(formula: str) -> None:
    net = network(SIGMOID, f"L = sum[n,c]({formula})")
    equations = [lowered for e in net.equations for lowered in stabilise(e, net)]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = values(equations, {"Z": LOGITS, "Y": ONE_HOT}, np.float64, "L")
    with mp.workdps(60):
        pairs = zip(LOGITS.ravel().tolist(), ONE_HOT.ravel().tolist(), strict=True)
        exact = mp.fsum(references.softplus(mpf(z)) - y * mpf(z) for z, y in pairs)
    assert float(found) == pytest.approx(float(exact), rel=4 * 2.0**-52)


def test_the_gradient_of_a_softmax_row_at_extreme_logits_is_finite() -> None:
    net = network(EQUATIONS[6][0])
    given = {"Z": LOGITS, "dP": np.ones((3, 4)) * [1.0, 2.0, 3.0, 4.0]}
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = values(list(stabilise(net.equations[0], net)), given, np.float64, "dZ").astype(float)
    assert found[0].tolist() == [0.0, 0.0, 0.0, 0.0]
    assert found[1] == pytest.approx([-0.375, -0.125, 0.125, 0.375], rel=1e-15)


PROGRAM = """
from tests.plan.test_stable_equations import EQUATIONS, network
from symprop.plan.stable import stabilise
for equations in EQUATIONS:
    net = network(*equations)
    print(*stabilise(net.equations[-1], net), sep="\\n")
"""


def test_the_same_text_under_any_hash_seed() -> None:
    root = Path(__file__).resolve().parent.parent.parent
    texts = []
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=root, env=environment, capture_output=True, text=True, check=True
        )
        texts.append(run.stdout)
    assert texts[0] == texts[1]
    assert "M_Z[n] = max[k](Z[n,k])" in texts[0]
