"""Hand derivations of convolutions, poolings and recurrences: right ones are proved, wrong ones located."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import symprop
from symprop.derivation import Adjoint, Derivation, derive
from symprop.errors import ClaimError, SympropError
from symprop.language import Number
from symprop.language import expressions as ex
from symprop.session import read_network
from symprop.verification import Report, verify
from symprop.verification.claimsfile import parse_claims, parse_document

RECURRENT = """
symprop: 1
name: small_lstm
inputs: {x: {shape: [3, 2]}, y: {role: target, shape: [4]}}
layers:
  - {id: lstm, type: lstm, units: 4, return: last}
loss: {type: mse, from: lstm, target: y}
"""
POOLED = """
symprop: 1
name: small_cnn
inputs: {x: {shape: [2, 4, 6]}, y: {role: target, shape: [18]}}
layers:
  - {id: conv, type: conv2d, units: 3, kernel: 3, padding: same, activation: relu}
  - {id: pool, type: max_pool2d, kernel: 2}
  - {id: flat, type: flatten}
loss: {type: mse, from: flat, target: y}
"""
LOOP = """
import numpy as np

def grads(x, y, c_lstm, h_lstm, i_lstm, f_lstm, g_lstm, o_lstm, Z_lstm, W_lstm, U_lstm):
    dh, dc = 2 * (Z_lstm - y) / (4 * len(x)), np.zeros(Z_lstm.shape)
    dW, dU = np.zeros(W_lstm.shape), np.zeros(U_lstm.shape)
    for t in reversed(range(3)):
        i, f, g, o, s = i_lstm[:, t], f_lstm[:, t], g_lstm[:, t], o_lstm[:, t], np.tanh(c_lstm[:, t])
        dc = dc + dh * o * (1 - s**2)
        before = c_lstm[:, t - 1] if t > 0 else np.zeros(dc.shape)
        da = [dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g**2), dh * s * o * (1 - o)]
        da = np.concatenate(da, axis=1)
        dW += x[:, t].T @ da
        if t > 0:
            dU += h_lstm[:, t - 1].T @ da
        dh, dc = da @ U_lstm.T, dc * f
    return {"W_lstm": dW, "U_lstm": dU}
"""
CONVOLVED = """
import numpy as np

def grads(x, y, Z_conv, Z_flat, W_conv, I_Z_pool_u, I_Z_pool_v):
    dZ = (2 * (Z_flat - y) / (18 * len(x))).reshape(len(x), 3, 2, 3)
    two = np.arange(2)
    here = (I_Z_pool_u[:, :, :, None, :, None] == two[:, None, None]) * 1.0
    here = here * (I_Z_pool_v[:, :, :, None, :, None] == two)
    dZ = (dZ[:, :, :, None, :, None] * here).reshape(len(x), 3, 4, 6) * (Z_conv > 0)
    seen = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    dW = np.zeros(W_conv.shape)
    for u in range(3):
        for v in range(3):
            dW[:, :, u, v] = np.einsum("nopq,ncpq->oc", dZ, seen[:, :, u : u + 4, v : v + 6])
    return {"W_conv": dW, "b_conv": dZ.sum(axis=(0, 2, 3))}
"""
STEPS = r"""
% symprop: first_index: 1
\begin{align*}
  \mathrm{d}Z_{\mathrm{lstm}} &= \frac{1}{2N} (Z_{\mathrm{lstm}} - y) \\
  \mathrm{d}h_{\mathrm{lstm}, n t k} &= \sum_m \mathrm{d}p_{\mathrm{lstm}, n, t + 1, m} U_{\mathrm{lstm}, k m}
      + [t = 3] \, \mathrm{d}Z_{\mathrm{lstm}, n k} \\
  \mathrm{d}c_{\mathrm{lstm}, n t j} &= \mathrm{d}h_{\mathrm{lstm}, n t j} o_{\mathrm{lstm}, n t j}
      (1 - \tanh^2(c_{\mathrm{lstm}, n t j}))
      + \mathrm{d}c_{\mathrm{lstm}, n, t + 1, j} f_{\mathrm{lstm}, n, t + 1, j} \\
  \mathrm{d}p_{\mathrm{lstm}} &= \begin{bmatrix}
      \mathrm{d}c_{\mathrm{lstm}} \odot g_{\mathrm{lstm}} \odot i_{\mathrm{lstm}} \odot (1 - i_{\mathrm{lstm}}) &
      \mathrm{d}f_{\mathrm{lstm}} \odot f_{\mathrm{lstm}} \odot (1 - f_{\mathrm{lstm}}) &
      \mathrm{d}c_{\mathrm{lstm}} \odot i_{\mathrm{lstm}} \odot (1 - g_{\mathrm{lstm}}^{\odot 2}) &
      \mathrm{d}h_{\mathrm{lstm}} \odot \tanh(c_{\mathrm{lstm}}) \odot o_{\mathrm{lstm}} \odot (1 - o_{\mathrm{lstm}})
    \end{bmatrix} \\
  \mathrm{d}f_{\mathrm{lstm}, n t j} &= \mathrm{d}c_{\mathrm{lstm}, n t j} c_{\mathrm{lstm}, n, t - 1, j} \\
  \frac{\partial L}{\partial U_{\mathrm{lstm}, k m}} &= \sum_{n, t} h_{\mathrm{lstm}, n, t - 1, k}
      \mathrm{d}p_{\mathrm{lstm}, n t m}
\end{align*}
"""


def of_code(folder: Path, net: str, code: str) -> Report:
    (folder / "net.yaml").write_text(net)
    (folder / "hand.py").write_text(code)
    found = symprop.verify(folder / "net.yaml", folder / "hand.py")
    assert isinstance(found, Report)
    return found


def of_text(folder: Path, net: str, text: str) -> Report:
    (folder / "net.yaml").write_text(net)
    return verify(read_network(folder / "net.yaml"), parse_document(text, "hand.tex"))


def verdicts(report: Report) -> dict[str, str]:
    return {v.name: v.verdict for v in report.given}


def test_a_loop_through_time_is_proved(tmp_path: Path) -> None:
    found = of_code(tmp_path, RECURRENT, LOOP)
    assert verdicts(found) == {"W_lstm": "PROVED", "U_lstm": "PROVED"}
    assert found["U_lstm"].proofs


@pytest.mark.parametrize(
    ("right", "wrong", "refuted"),
    [
        ("c_lstm[:, t - 1] if", "c_lstm[:, t] if", {"W_lstm", "U_lstm"}),
        ("h_lstm[:, t - 1].T", "h_lstm[:, t].T", {"U_lstm"}),
        pytest.param(
            "da @ U_lstm.T, dc * f", "da @ U_lstm.T, dc * i", {"W_lstm", "U_lstm"}, marks=pytest.mark.slow
        ),
        pytest.param("reversed(range(3))", "range(3)", {"W_lstm", "U_lstm"}, marks=pytest.mark.slow),
        ("dW += x", "dW = x", {"W_lstm"}),
    ],
)
def test_a_wrong_loop_is_refuted(right: str, wrong: str, refuted: set[str], tmp_path: Path) -> None:
    assert right in LOOP
    found = verdicts(of_code(tmp_path, RECURRENT, LOOP.replace(right, wrong)))
    assert {name for name, verdict in found.items() if verdict in ("REFUTED", "PROPORTIONAL")} == refuted
    assert {name for name, verdict in found.items() if verdict == "PROVED"} == found.keys() - refuted


def test_windows_and_a_pooling_are_proved(tmp_path: Path) -> None:
    assert verdicts(of_code(tmp_path, POOLED, CONVOLVED)) == {"W_conv": "PROVED", "b_conv": "PROVED"}


@pytest.mark.parametrize(
    ("right", "wrong", "refuted"),
    [
        ("seen[:, :, u : u + 4", "seen[:, :, 2 - u : 2 - u + 4", {"W_conv"}),
        ("(I_Z_pool_v[", "(I_Z_pool_u[", {"W_conv", "b_conv"}),
        ("np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))", "np.pad(x, ((0, 0), (0, 0), (0, 2), (1, 1)))", {"W_conv"}),
        (" * (Z_conv > 0)", "", {"W_conv", "b_conv"}),
    ],
)
def test_wrong_windows_are_refuted(right: str, wrong: str, refuted: set[str], tmp_path: Path) -> None:
    assert right in CONVOLVED
    found = verdicts(of_code(tmp_path, POOLED, CONVOLVED.replace(right, wrong)))
    assert {name for name, verdict in found.items() if verdict == "REFUTED"} == refuted
    assert {name for name, verdict in found.items() if verdict == "PROVED"} == found.keys() - refuted


# -- documents ---------------------------------------------------------------------------------------------------------


def test_a_document_may_read_what_it_claims_below(tmp_path: Path) -> None:
    found = of_text(tmp_path, RECURRENT, STEPS)
    assert set(verdicts(found).values()) == {"PROVED"} and len(found.given) == 6
    assert found["dc_lstm"].steps[-1].startswith("by induction: ")


@pytest.mark.parametrize(
    ("right", "wrong", "first"),
    [
        (r"c_{\mathrm{lstm}, n, t - 1, j}", r"c_{\mathrm{lstm}, n t j}", "df_lstm"),
        (r"[t = 3]", r"[t = 2]", "dh_lstm"),
        (r"f_{\mathrm{lstm}, n, t + 1, j} \\", r"f_{\mathrm{lstm}, n t j} \\", "dc_lstm"),
        (r"h_{\mathrm{lstm}, n, t - 1, k}", r"h_{\mathrm{lstm}, n t k}", "dU_lstm"),
        ("first_index: 1", "first_index: 0", "dh_lstm"),
    ],
)
def test_the_wrong_line_of_a_recurrence_is_named(right: str, wrong: str, first: str, tmp_path: Path) -> None:
    assert right in STEPS
    found = of_text(tmp_path, RECURRENT, STEPS.replace(right, wrong))
    refuted = [v for v in found.given if v.verdict == "REFUTED"]
    assert {v.first_wrong for v in refuted} == {first}


def test_where_the_first_entry_is_counted_is_0_or_1() -> None:
    with pytest.raises(ClaimError) as caught:
        parse_document(STEPS.replace("first_index: 1", "first_index: 2"), "hand.tex")
    assert str(caught.value) == "hand.tex: first_index: expected 0 or 1, got '2'"


def test_a_line_that_reads_what_is_below_without_recurring_is_told_so(tmp_path: Path) -> None:
    text = "\\[ \\mathrm{d}U_{\\mathrm{lstm}} = \\mathrm{d}W_{\\mathrm{lstm}} \\]\n"
    text += "\\[ \\mathrm{d}W_{\\mathrm{lstm}} = W_{\\mathrm{lstm}} \\]\n"
    with pytest.raises(ClaimError) as caught:
        of_text(tmp_path, RECURRENT.replace("units: 4", "units: 2").replace("shape: [4]", "shape: [2]"), text)
    expected = "hand.tex:1:34: 'dU_lstm' reads 'dW_lstm', which is claimed below. Put dU_lstm below dW_lstm."
    assert str(caught.value) == expected


def test_steps_of_ones_own_are_read_ahead_in_index_notation(tmp_path: Path) -> None:
    claims = """
indices: {j: 4}
claims:
  dZ_lstm: (Z_lstm - y)/(2*N)
  dh_lstm[n,t,k]: "[t == 2]*dZ_lstm[n,k] + sum[j](a[n,t+1,j]*U_lstm[k,j] + b[n,t+1,j]*U_lstm[k,j+4]
    + c[n,t+1,j]*U_lstm[k,j+8] + d[n,t+1,j]*U_lstm[k,j+12])"
  dc_lstm[n,t,j]: dh_lstm[n,t,j]*o_lstm[n,t,j]*(1 - tanh(c_lstm[n,t,j])**2) + dc_lstm[n,t+1,j]*f_lstm[n,t+1,j]
  a[n,t,j]: dc_lstm[n,t,j]*g_lstm[n,t,j]*i_lstm[n,t,j]*(1 - i_lstm[n,t,j])
  b[n,t,j]: dc_lstm[n,t,j]*c_lstm[n,t-1,j]*f_lstm[n,t,j]*(1 - f_lstm[n,t,j])
  c[n,t,j]: dc_lstm[n,t,j]*i_lstm[n,t,j]*(1 - g_lstm[n,t,j]**2)
  d[n,t,j]: dh_lstm[n,t,j]*tanh(c_lstm[n,t,j])*o_lstm[n,t,j]*(1 - o_lstm[n,t,j])
  dp_lstm: concatenate((a, b, c, d), axis=2)
"""
    (tmp_path / "net.yaml").write_text(RECURRENT)
    network = read_network(tmp_path / "net.yaml")
    assert set(verdicts(verify(network, parse_claims(claims, "hand.yaml"))).values()) == {"PROVED"}
    wrong = claims.replace("U_lstm[k,j+8]", "U_lstm[k,j+12]")
    found = verify(network, parse_claims(wrong, "hand.yaml"))
    assert {v.first_wrong for v in found.given if v.verdict == "REFUTED"} == {"dh_lstm"}


# -- the truth ---------------------------------------------------------------------------------------------------------

CLAIM = "claims: {'dA_conv[n,c,h,w]': '0*A_conv[n,c,h,w]'}"


def test_the_truth_is_checked_beside_a_kink(tmp_path: Path) -> None:
    """The windows of a pooling are full of zeros of the relu, where dA_conv is a choice and no derivative."""
    (tmp_path / "net.yaml").write_text(POOLED)
    network = read_network(tmp_path / "net.yaml")
    assert verify(network, parse_claims(CLAIM, "hand.yaml"))["dA_conv"].verdict == "REFUTED"


def test_a_wrong_truth_is_found_beside_a_kink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from symprop.verification import check

    def doubled(*args: object, **keywords: object) -> Derivation:
        found = derive(*args, **keywords)  # type: ignore[arg-type]
        return replace(found, adjoints=tuple(map(twice, found.adjoints)))

    def twice(adjoint: Adjoint) -> Adjoint:
        equation = adjoint.equation
        if adjoint.tensor != "A_conv":
            return adjoint
        return replace(adjoint, equation=equation.with_body(ex.mul(Number(2), equation.body)))

    monkeypatch.setattr(check, "derive", doubled)
    (tmp_path / "net.yaml").write_text(POOLED)
    with pytest.raises(SympropError, match="our dA_conv disagrees with differences of the loss"):
        verify(read_network(tmp_path / "net.yaml"), parse_claims(CLAIM, "hand.yaml"))
