"""The networks of examples/, each with its forward pass in NumPy and its gradient by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import symprop
from symprop.language import Network
from symprop.network import build
from symprop.spec import read_spec
from tests.verification.harness.values import Subject

EXAMPLES = Path(symprop.__file__).resolve().parent.parent / "examples"


def example(
    name: str, shapes: Mapping[str, str], forward: str, chain: Mapping[str, str], make_binary: str = ""
) -> Subject:
    make: Callable[[], Network] = lambda: build(read_spec(EXAMPLES / f"{name}.yaml"))  # noqa: E731
    positive = (make_binary,) if make_binary else ()
    return Subject(name, make, forward, shapes, {"N": 3}, chain, positive=positive)


BREAST_CANCER = example(
    "breast_cancer",
    {"x": "N 30", "y": "N 1", "W_out": "30 1", "b_out": "1"},
    """
    Z_out = x @ W_out + b_out
    A_out = sigmoid(Z_out)
    L = -sum(y * log(A_out) + (1 - y) * log(1 - A_out)) / N + 0.001 * sum(W_out**2)
    """,
    {"dZ_out": "(A_out - y) / N", "dW_out": "x.T @ dZ_out + 0.002 * W_out", "db_out": "sum(dZ_out, axis=0)"},
    "y",
)
REGRESSION = example(
    "regression",
    {"x": "N 10", "y": "N 1", "W_hidden": "10 16", "b_hidden": "16", "W_out": "16 1", "b_out": "1"},
    """
    Z_hidden = x @ W_hidden + b_hidden
    A_hidden = tanh(Z_hidden)
    Z_out = A_hidden @ W_out + b_out
    L = sum((Z_out - y)**2) / (2*N) + 0.0005 * sum(W_hidden**2) + 0.0005 * sum(W_out**2)
    """,
    {
        "dZ_out": "where(abs(Z_out - y) <= 50, Z_out - y, 50 * sign(Z_out - y)) / N",
        "dW_out": "A_hidden.T @ dZ_out + 0.001 * W_out",
        "db_out": "sum(dZ_out, axis=0)",
        "dA_hidden": "dZ_out @ W_out.T",
        "dZ_hidden": "dA_hidden * (1 - A_hidden**2)",
        "dW_hidden": "x.T @ dZ_hidden + 0.001 * W_hidden",
        "db_hidden": "sum(dZ_hidden, axis=0)",
    },
)
FOLDED = example(
    "residual",
    {"x": "N 10", "y": "N 1", "W_stem": "10 10", "b_stem": "10", "W_body": "10 10", "b_body": "10", "alpha_body": "1"}
    | {"M_mix": "10 10", "c_mix": "10", "W_out": "10 1", "b_out": "1"},
    """
    Z_stem = x @ W_stem + b_stem
    A_stem = silu(Z_stem)
    Z_body = A_stem @ W_body + b_body
    A_body = Z_body + sin(alpha_body * Z_body)**2 / alpha_body
    Z_res = A_body + A_stem
    Z_mix = Z_res**2 @ M_mix.T + c_mix
    Z_out = Z_mix @ W_out + b_out
    L = 2500 * sum(sqrt(1 + ((Z_out - y) / 50)**2) - 1) / N + sum(W_stem**2) / 20000 + sum(W_body**2) / 20000 + \
sum(M_mix**2) / 20000 + sum(W_out**2) / 20000
    """,
    {
        "dZ_out": "(Z_out - y) / (N * sqrt(1 + ((Z_out - y) / 50)**2))",
        "dZ_mix": "dZ_out @ W_out.T",
        "dM_mix": "dZ_mix.T @ Z_res**2 + 1e-4 * M_mix",
        "dZ_res": "2 * Z_res * (dZ_mix @ M_mix)",
        "dA_body": "dZ_res",
        "dZ_body": "dA_body * (1 + 2 * sin(alpha_body * Z_body) * cos(alpha_body * Z_body))",
        "dW_body": "A_stem.T @ dZ_body + 1e-4 * W_body",
        "dA_stem": "dZ_body @ W_body.T + dZ_res",
    },
)
