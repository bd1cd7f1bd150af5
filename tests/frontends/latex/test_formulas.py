"""Formulas as people write them have the values that the same mathematics has in NumPy."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from symprop.frontends import Meaning, Names
from symprop.language import Position, Tensor
from tests.frontends.latex.reading import SIZES, arrays, evaluated, names, read, reader

N = SIZES["N"]
A = SimpleNamespace(**arrays())
LAM, ONEHOT = arrays()["lambda"], np.eye(3)[A.y]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def softmax(z: Any) -> Any:
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


FORMULAS: list[tuple[str, Callable[[], Any]]] = [
    # products
    (r"X W", lambda: A.X @ A.W),
    (r"X W + b", lambda: A.X @ A.W + A.b),
    (r"XW + \mathbf{1} b^\top", lambda: A.X @ A.W + A.b),
    (r"X^\top G", lambda: A.X.T @ A.G),
    (r"X^T G", lambda: A.X.T @ A.G),
    (r"X^{T} \cdot G", lambda: A.X.T @ A.G),
    (r"X^{\mathsf T} G", lambda: A.X.T @ A.G),
    (r"X^\mathsf{T} G", lambda: A.X.T @ A.G),
    (r"X^\intercal \, G", lambda: A.X.T @ A.G),
    (r"(G W^\top) \odot X", lambda: (A.G @ A.W.T) * A.X),
    (r"G W^\top \odot X", lambda: (A.G @ A.W.T) * A.X),
    (r"X \circ G W^\top", lambda: (A.G @ A.W.T) * A.X),
    (r"P \oslash (1 + G^{\odot 2})", lambda: A.P / (1 + A.G**2)),
    (r"u^\top w", lambda: A.u @ A.w),
    (r"u \cdot w", lambda: A.u @ A.w),
    (r"u w^\top", lambda: np.outer(A.u, A.w)),
    (r"u^\top M w", lambda: A.u @ A.M @ A.w),
    (r"M u", lambda: A.M @ A.u),
    (r"v^\top X", lambda: (A.v @ A.X)[None]),
    (r"\mathbf 1^\top G", lambda: A.G.sum(axis=0)[None]),
    (r"G^\top \mathbf{1}", lambda: A.G.sum(axis=0)),
    (r"\mathbf 1^\top G \mathbf 1", lambda: A.G.sum()),
    (r"\bigl(I - u u^\top\bigr) w", lambda: A.w - A.u * (A.u @ A.w)),
    (r"\mathrm{diag}(u) M", lambda: np.diag(A.u) @ A.M),
    (r"\operatorname{diag}(M)", lambda: np.diag(A.M)),
    (r"\operatorname{tr}(M)", lambda: np.trace(A.M)),
    (r"\operatorname{tr}(X^\top X M)", lambda: np.trace(A.X.T @ A.X @ A.M)),
    # numbers
    (r"\frac1N X^\top G", lambda: A.X.T @ A.G / N),
    (r"\frac{1}{2N} \|u\|^2", lambda: A.u @ A.u / (2 * N)),
    (r"\tfrac12 \lVert u \rVert_2^2", lambda: A.u @ A.u / 2),
    (r"\lambda W - 0.5 \cdot 10^{-2} W", lambda: LAM * A.W - 0.005 * A.W),
    (r"2 c \left( P - G \right)", lambda: 2 * A.c * (A.P - A.G)),
    (r"-P / N", lambda: -A.P / N),
    (r"\frac{P - G}{N}", lambda: (A.P - A.G) / N),
    (r"(1/N) \sum_n v_n", lambda: A.v.mean()),
    (r"\sqrt{c^2 + 1}", lambda: np.sqrt(A.c**2 + 1)),
    (r"\sqrt[3]{c^2}", lambda: np.cbrt(A.c**2)),
    (r"\pi c", lambda: np.pi * A.c),
    (r"P^3", lambda: A.P**3),
    (r"1 - P^2", lambda: 1 - A.P**2),
    (r"(c^2 + 1)^{-1}", lambda: 1 / (A.c**2 + 1)),
    # functions
    (r"\exp(-P)", lambda: np.exp(-A.P)),
    (r"e^{-P}", lambda: np.exp(-A.P)),
    (r"\mathrm{e}^{P}", lambda: np.exp(A.P)),
    (r"\frac{1}{1 + e^{-Z}}", lambda: sigmoid(A.Z)),
    (r"\log(1 + P^2) + \ln (2)", lambda: np.log(1 + A.P**2) + np.log(2)),
    (r"G \odot \log P^{\odot 2}", lambda: A.G * np.log(A.P**2)),
    (r"\tanh Z", lambda: np.tanh(A.Z)),
    (r"1 - \tanh^2(Z)", lambda: 1 - np.tanh(A.Z) ** 2),
    (r"\tanh'(Z)", lambda: 1 - np.tanh(A.Z) ** 2),
    (r"\tanh^{\prime}(Z) \odot G", lambda: (1 - np.tanh(A.Z) ** 2) * A.G),
    (r"\sigma(Z)", lambda: sigmoid(A.Z)),
    (r"\sigma'(Z)", lambda: sigmoid(A.Z) * (1 - sigmoid(A.Z))),
    (r"\sigma''(Z)", lambda: sigmoid(A.Z) * (1 - sigmoid(A.Z)) * (1 - 2 * sigmoid(A.Z))),
    (r"\sigma(-Z)", lambda: sigmoid(-A.Z)),
    (r"\mathrm{ReLU}(Z)", lambda: np.maximum(A.Z, 0)),
    (r"\mathrm{ReLU}'(Z)", lambda: (A.Z > 0) * 1.0),
    (r"\exp'(Z) + \log'(P^2)", lambda: np.exp(A.Z) + 1 / A.P**2),
    (r"\max(0, Z)", lambda: np.maximum(A.Z, 0)),
    (r"\max\{0, Z\}", lambda: np.maximum(A.Z, 0)),
    (r"\mathrm{softmax}(Z)", lambda: softmax(A.Z)),
    (r"\operatorname{softmax}(Z) - \operatorname{onehot}(y)", lambda: softmax(A.Z) - ONEHOT),
    (r"\hat y - y", lambda: A.y_hat - ONEHOT),
    (r"|P| + \operatorname{sign}(P)", lambda: abs(A.P) + np.sign(A.P)),
    # conditions
    (r"G \odot \mathbb 1[Z > 0]", lambda: A.G * (A.Z > 0)),
    (r"G \odot \mathbf 1_{Z > 0}", lambda: A.G * (A.Z > 0)),
    (r"G \odot \mathbf{1}\{Z \geq 0\}", lambda: A.G * (A.Z >= 0)),
    (r"G \odot [Z > 0]", lambda: A.G * (A.Z > 0)),
    (r"[0 < Z < 1]", lambda: (A.Z > 0) & (A.Z < 1)),
    (r"\begin{cases} Z & Z > 0 \\ 0.1 Z & \text{otherwise} \end{cases}", lambda: np.where(A.Z > 0, A.Z, 0.1 * A.Z)),
    (r"\begin{cases} 1 & \text{if } Z > 0, \\ -1 & \text{else} \end{cases}", lambda: np.where(A.Z > 0, 1, -1)),
    # names
    (r"W_1 W_2", lambda: A.W1 @ A.W2),
    (r"W^{[1]} W^{(2)}", lambda: A.W1 @ A.W2),
    (r"{W^{[2]}}^\top W_1^\top", lambda: A.W2.T @ A.W1.T),
    (r"W^{[2]^T} W^{[1]^{\top}}", lambda: A.W2.T @ A.W1.T),
    (r"W^{[2]}{}^\top W^{[1]T}", lambda: A.W2.T @ A.W1.T),
    (r"{} - P {} + G", lambda: A.G - A.P),
    (r"X W_{fc}", lambda: A.X @ A.W_fc),
    (r"X W_{\mathrm{fc}} + b_{\text{fc}}", lambda: A.X @ A.W_fc + A.b_fc),
    (r"\mathbf{X} \boldsymbol{W}", lambda: A.X @ A.W),
    (r"\vec{u}^{\top} \bm{w}", lambda: A.u @ A.w),
    (r"x W", lambda: A.X @ A.W),
    (r"A^{[0]} W", lambda: A.X @ A.W),
    (r"\gamma \odot b", lambda: A.gamma * A.b),
    (r"\hat{y} \hat{\mathbf{y}}^\top", lambda: A.y_hat @ A.y_hat.T),
    # adjoints that are given
    (r"X^\top \delta_{fc}", lambda: A.X.T @ A.dZ_fc),
    (r"X^\top \, \mathrm{d}Z_{\mathrm{fc}}", lambda: A.X.T @ A.dZ_fc),
    (r"dW^{[2]} + W^{[2]}", lambda: A.dW2 + A.W2),
    (r"\frac{\partial L}{\partial Z} W^\top", lambda: A.dZ @ A.W.T),
    (r"\nabla_{W_2} \mathcal{L}", lambda: A.dW2),
    (r"\left(\mathrm{d}Z\right)^\top X", lambda: A.dZ.T @ A.X),
    # sums over letters
    (r"\sum_{i,j} M_{ij}", lambda: A.M.sum()),
    (r"\sum_{i} M_{ii}", lambda: np.trace(A.M)),
    (r"\sum_{n=1}^N v_n X_n", lambda: A.v @ A.X),
    (r"\sum_{i=1}^{m} X_i G_i^\top", lambda: A.X.T @ A.G),
    (r"\sum_n G_n", lambda: A.G.sum(axis=0)),
    (r"\sum_{i=1}^{4} u_i w_i", lambda: A.u @ A.w),
    (r"\sum_{i=1}^{4} \sum_{k \ne i} u_i w_k", lambda: A.u.sum() * A.w.sum() - A.u @ A.w),
    (r"\sum_{i,k} \delta_{ik} u_i w_k", lambda: A.u @ A.w),
    (r"\sum_{n=0}^{N-1} v_n X_n", lambda: A.v @ A.X),
    (r"\sum_{i=0}^{K-1} u_i w_i", lambda: A.u @ A.w),
    (r"\sum_{i, k < i} u_i w_k", lambda: A.u @ (A.w.cumsum() - A.w)),
    (r"\sum_i \sum_{k \ge i} u_i w_k", lambda: A.u @ A.w[::-1].cumsum()[::-1]),
    (r"\sum_{n} \left(P - G\right)_n", lambda: (A.P - A.G).sum(axis=0)),
    (r"\sum_{n} \tanh(X W)_n", lambda: np.tanh(A.X @ A.W).sum(axis=0)),
    (r"\sum_i u_i + 1", lambda: A.u.sum() + 1),
    (r"\sum_i (u_i - 2)", lambda: A.u.sum() - 8),
    (r"\sum_n x_n^\top - 1", lambda: A.X.sum(axis=0)[None] - 1),
    (r"\sum_{i} u_i \sum_{i} w_i", lambda: sum(A.u[i] * A.w.sum() for i in range(4))),
    (r"\sum_n \log P_{n}^2", lambda: np.log(A.P**2).sum(axis=0)),
    (r"-\frac1N \sum_n \sum_k [y_n = k] P_{nk}", lambda: -A.P[np.arange(N), A.y].mean()),
    (r"\sum_{n} x^{(n)} G^{(n)\top}", lambda: A.X.T @ A.G),
    (r"\sum_{t} H_{t}", lambda: A.H.sum(axis=1)),
]

ENTRIES: list[tuple[str, Callable[[], Any]]] = [
    (r"S_{nj} = \sum_i X_{ni} W_{ij} + b_j", lambda: A.X @ A.W + A.b),
    (r"S_{ij} = \frac{1}{N} \sum_{n=1}^{N} X_{ni} G_{nj}", lambda: A.X.T @ A.G / N),
    (r"S_{ij} = u_i w_j - \delta_{ij} u_i", lambda: np.outer(A.u, A.w) - np.diag(A.u)),
    (r"S_{nj} = (X W)_{nj} b_j", lambda: A.X @ A.W * A.b),
    (r"S_{jn} = (X W)^\top_{jn} v_n", lambda: (A.X @ A.W).T * A.v),
    (r"S_{nj} = \sum_i X_{ni} [W + W]_{ij}", lambda: 2 * A.X @ A.W),
    (r"S_{ij} = \sum_{n} x_{ni} \delta_{fc,nj}", lambda: A.X.T @ A.dZ_fc),
    (r"S_{nk} = \begin{cases} 1 & k = y_n \\ P_{nk} & k \ne y_n \end{cases}", lambda: np.where(ONEHOT, 1, A.P)),
    (r"S_{nk} = \begin{cases} 0 & Z_{nk} \le 0 \\ P_{nk} & 0 < Z_{nk} \end{cases}", lambda: np.where(A.Z > 0, A.P, 0)),
    (r"S_i = \sum_{k \neq i} M_{ik} u_k", lambda: (A.M - np.diag(np.diag(A.M))) @ A.u),
    (r"S_{nk} = \frac{e^{Z_{nk}}}{\sum_{j} e^{Z_{nj}}} - \mathbb{1}[y_n = k]", lambda: softmax(A.Z) - ONEHOT),
    (r"S_n = \sum_k y_{nk} \log \hat{y}_{nk}^2", lambda: np.log(A.y_hat[np.arange(N), A.y] ** 2)),
    (r"S_{n} = P_{n} + G_{n}", lambda: A.P + A.G),
    (r"S_{nj} = \sum_i W^{(1)}_{ij} X_{n,i}", lambda: A.X @ A.W1),
    (r"S_{nj} = X_{nj} \sum_i \delta_{ni} (u_i + 1)", lambda: A.X * np.append(A.u + 1, 0)[:, None]),
    (r"S_j = \sum_{n'} G_{n'j}", lambda: A.G.sum(axis=0)),
    (r"S_{ntj} = H_{ntj} - H_{n,t-1,j}", lambda: A.H - np.pad(A.H, ((0, 0), (1, 0), (0, 0)))[:, :-1]),
    (r"S_{nt} = H_{nt} U", lambda: A.H @ A.U),
    (r"S_{ni} = x^{(n)}_i + X_{ni}", lambda: 2 * A.X),
    (r"S^{(i)} = W^{[1]\top} x^{(i)}", lambda: A.X @ A.W1),
    (r"S_j^{[3](i)} = \delta_{fc,j}^{(i)} + \delta^{[fc](i)}_j", lambda: 2 * A.dZ_fc),
    (r"S_{ntj} = H^{\langle t \rangle}_{nj} + H_{n,t+1,j}", lambda: A.H + np.pad(A.H, ((0, 0), (0, 1), (0, 0)))[:, 1:]),
    (r"S^\top = X^\top G", lambda: A.G.T @ A.X),
    (r"S = P = P \odot G", lambda: A.P * A.G),
]


@pytest.mark.parametrize(("text", "value"), FORMULAS, ids=[text for text, _ in FORMULAS])
def test_a_formula_has_the_value_of_its_mathematics(text: str, value: Callable[[], Any]) -> None:
    found, wanted = evaluated(read(text)), np.asarray(value(), dtype=float)
    assert found.shape == wanted.shape
    assert np.allclose(np.asarray(found, dtype=float), wanted, rtol=1e-12, atol=1e-12)


def windows(first: int) -> Any:
    """sum over i of u at t + i in the document's counting, which is t + i + first in NumPy's, times w; 0 beyond u."""
    wide = np.append(A.u, np.zeros(8))
    return np.array([[sum(wide[t + i + first] * A.w[i] for i in range(4)) for t in range(6)]] * N)


POSITIONS: list[tuple[int, str, Callable[[], Any]]] = [
    (0, r"S_{nt} = \sum_{i,j} u_{t+i} w_i H_{ntj} / \sum_j H_{ntj}", lambda: windows(0)),
    (1, r"S_{nt} = \sum_{i,j} u_{t+i-1} w_i H_{ntj} / \sum_j H_{ntj}", lambda: windows(0)),
    (1, r"S_{nt} = \sum_{i,j} u_{t+i} w_i H_{ntj} / \sum_j H_{ntj}", lambda: windows(1)),
    (0, r"S_{nj} = \sum_i M_{i, 2j+1-i} P_{nj}", lambda: A.P * [sum(A.M[i, k - i] for i in range(4) if 0 <= k - i < 4)
                                                              for k in (1, 3, 5)]),
    (0, r"S_{nj} = u_{j+y_n} P_{nj}", lambda: A.P * np.append(A.u, 0)[A.y[:, None] + np.arange(3)]),
    (0, r"S_{nj} = [j = 2] P_{nj}", lambda: A.P * [0, 0, 1]),
    (1, r"S_{nj} = [j = 2] P_{nj} + [2 j - 1 \ne y_n] G_{nj}",
     lambda: A.P * [0, 1, 0] + A.G * (2 * np.arange(3) + 1 != A.y[:, None] + 1)),
    (1, r"S_{ntj} = [t = 6] H_{ntj} + \mathbb 1[(t + 1) = j] H_{ntj}",
     lambda: A.H * (np.arange(6) == 5)[:, None] + A.H * (np.arange(6)[:, None] + 1 == np.arange(2))),
    # sums over a part of an axis
    (1, r"S = \sum_{i=2}^{3} u_i w_i", lambda: A.u[1:3] @ A.w[1:3]),
    (0, r"S = \sum_{i=2}^{3} u_i w_i", lambda: A.u[2:] @ A.w[2:]),
    (0, r"S = \sum_{i=1}^{2} u_i w_i", lambda: A.u[1:3] @ A.w[1:3]),
    (1, r"S = \sum_{t=1}^{5} H_{t}", lambda: A.H[:, :5].sum(axis=1)),
    (1, r"S = \sum_{t=1}^{\tau-1} H_{t}", lambda: A.H[:, :5].sum(axis=1)),
    (0, r"S = \sum_{t=2} H_{t}", lambda: A.H[:, 2:].sum(axis=1)),
    (1, r"S_{ntj} = \sum_{s=1}^{t} H_{nsj} + 0 H_{ntj}", lambda: A.H.cumsum(axis=1)),
    (0, r"S_{ntj} = \sum_{s=t}^{5} H_{nsj} + 0 H_{ntj}", lambda: A.H[:, ::-1].cumsum(axis=1)[:, ::-1]),
    (0, r"S_{ntj} = \sum_{s=0}^{t-1} H_{nsj} + 0 H_{ntj}", lambda: A.H.cumsum(axis=1) - A.H),
    (0, r"S_{ni} = \sum_{j=0}^{y_n} P_{nj} G_{ni}",
     lambda: A.G * (A.P * (np.arange(3) <= A.y[:, None])).sum(1)[:, None]),
    (0, r"S = \begin{bmatrix} G & 2 P \end{bmatrix}", lambda: np.hstack([A.G, 2 * A.P])),
    (0, r"S = \begin{pmatrix} M & W \\ W^\top & W^\top W_1 \end{pmatrix}",
     lambda: np.block([[A.M, A.W], [A.W.T, A.W.T @ A.W1]])),
    (0, r"S = \begin{matrix} u^\top & b^\top \end{matrix}", lambda: np.append(A.u, A.b)[None]),
]


@pytest.mark.parametrize(("first", "text", "value"), POSITIONS, ids=[f"{k}: {text}" for k, text, _ in POSITIONS])
def test_indices_are_added_as_the_document_counts(first: int, text: str, value: Callable[[], Any]) -> None:
    found = evaluated(reader(text, replace(names(), first=first)).program())
    wanted = np.asarray(value(), dtype=float)
    assert found.shape == wanted.shape
    assert np.allclose(np.asarray(found, dtype=float), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("text", "value"), ENTRIES, ids=[text for text, _ in ENTRIES])
def test_a_line_gives_its_left_side_the_value_of_the_right(text: str, value: Callable[[], Any]) -> None:
    found, wanted = evaluated(reader(text).program()), np.asarray(value(), dtype=float)
    assert found.shape == wanted.shape
    assert np.allclose(np.asarray(found, dtype=float), wanted, rtol=1e-12, atol=1e-12)


def test_the_values_are_told_apart() -> None:
    """Every value above differs from a slightly wrong one: shapes with extents that differ, numbers of order 1."""
    assert not np.allclose(evaluated(read(r"X^\top G")), A.X.T @ A.P)
    assert len({A.X.shape, A.W.shape, A.G.shape, A.W2.shape}) == 4


LEFT_SIDES = [
    (r"\frac{\partial L}{\partial W_2}", "dW2"),
    (r"\frac{\partial L}{\partial W_2^\top}", "dW2"),
    (r"\dfrac{\partial J}{\partial W^{[2]}}", "dW2"),
    (r"\frac{dL}{dW_2}", "dW2"),
    (r"\frac{\mathrm{d}L}{\mathrm{d}W_2}", "dW2"),
    (r"\partial \mathcal{L} / \partial W_2", "dW2"),
    (r"\partial E/\partial W^{(2)}", "dW2"),
    (r"\nabla_{W_2} L", "dW2"),
    (r"\nabla_{W_{fc}} \ell", "dW_fc"),
    (r"\nabla_W C", "dW"),
    (r"dW^{[2]}", "dW2"),
    (r"\mathrm{d}W_{\mathrm{fc}}", "dW_fc"),
    (r"\mathrm{dW}_2", "dW2"),
    (r"\bar{W}_2", "dW2"),
    (r"\delta_{fc}", "dZ_fc"),
    (r"\delta^{[fc]}", "dZ_fc"),
    (r"\delta^{(\mathrm{fc})}", "dZ_fc"),
    (r"Z^2", "Z2"),
    (r"\hat y", "y_hat"),
    (r"\tilde{q}", "q_tilde"),
    (r"\mu_B", "mu_B"),
    (r"s^{(3)}", "s_3"),
]


@pytest.mark.parametrize(("left", "name"), LEFT_SIDES, ids=[left for left, _ in LEFT_SIDES])
def test_a_left_side_names_what_the_line_is_about(left: str, name: str) -> None:
    known = reader("").names
    if left == "Z^2":
        known = names()
        known = Names({**{k: m for k, m in known.tensors.items() if k != "Z"}, "Z2": Meaning(Tensor("Z2", ()), "")})
    line = reader(f"{left} = c", known)
    line.program()
    assert line.name == name


def test_a_symbol_that_documents_print_is_read_back() -> None:
    known = names(W_fc=r"\Theta_{1}", Z_fc=r"\tilde{Q}")
    found = reader(r"X \Theta_1 + \tilde Q", known)
    assert evaluated(found.expression("value")).shape == (N, 2)
    assert [str(e) for a in found.found for e in a.equations] == ["value'0[n,i] = sum[j](X[n,j]*W_fc[j,i]) + Z_fc[n,i]"]


def test_a_line_that_only_says_what_a_letter_means_claims_nothing() -> None:
    line = reader(r"\delta_{fc} = \frac{\partial L}{\partial Z_{fc}}")
    assert line.program() == [] and line.name == "dZ_fc"


def test_a_chain_is_one_value_for_each_side() -> None:
    found = reader(r"dW_2 = 2 W_2 = W_2 + W_2").program()
    assert [(a.name, a.tensor.name) for a in found] == [("dW2", "dW2'0"), ("dW2", "dW2'1")]
    assert all(isinstance(p, Position) for a in found for e in a.equations for p in e.indices)


def test_the_prime_of_an_activation_is_the_one_of_the_network() -> None:
    found = reader(r"f'(Z)", names({"tanh": 1})).expression("value")
    assert np.allclose(evaluated(found), 1 - np.tanh(A.Z) ** 2)
