"""Names without a label: of the only tensor of a letter, and of what is predicted."""

from __future__ import annotations

from pathlib import Path

import pytest

import symprop
from symprop.errors import ClaimError
from symprop.verification.shortnames import short_names

NET = """symprop: 1
name: hand
inputs: {{x: {{shape: [4]}}, y: {{role: target, {target}}}}}
layers:
  - {{id: h, in: x, type: dense, units: 5, activation: relu}}
  - {{id: out, in: h, type: dense, units: 3{activation}}}
loss: {{{loss}, from: out, target: y}}
"""
PREDICTED = [
    ("softmax_cross_entropy", "", "classes: 3", "P_loss"),
    ("cross_entropy", ", activation: softmax", "classes: 3", "A_out"),
    ("binary_cross_entropy", ", activation: sigmoid", "shape: [3]", "A_out"),
    ("mse", "", "shape: [3]", "Z_out"),
    ("mae", "", "shape: [3]", "Z_out"),
    ("mse", ", activation: tanh", "shape: [3]", "A_out"),
    ("bce_with_logits", "", "shape: [3]", "A_loss"),
    ("poisson", "", "shape: [3]", None),
    ("nll", ", activation: log_softmax", "classes: 3", None),
    ("hinge", "", "shape: [3]", None),
    ("huber", "", "shape: [3]", "Z_out"),
    ("{type: softmax_cross_entropy, label_smoothing: 0.1}", "", "classes: 3", "P_loss"),
    ("softmax_focal", "", "classes: 3", "P_loss"),
]


def net(tmp_path: Path, loss: str, activation: str, target: str) -> Path:
    path = tmp_path / "net.yaml"
    loss = loss.strip("{}") if loss.startswith("{") else f"type: {loss}"
    path.write_text(NET.format(loss=loss, activation=activation, target=target))
    return path


def report(tmp_path: Path, name: str, text: str) -> symprop.Report:
    (tmp_path / name).write_text(text)
    return symprop.verify(net(tmp_path, "softmax_cross_entropy", "", "classes: 3"), tmp_path / name)


@pytest.mark.parametrize(("loss", "activation", "target", "expected"), PREDICTED)
def test_what_is_predicted_is_what_the_loss_compares(
    tmp_path: Path, loss: str, activation: str, target: str, expected: str | None
) -> None:
    network = symprop.derive(net(tmp_path, loss, activation, target)).network
    assert short_names(network).get("y_hat") == expected


@pytest.mark.parametrize("line", ["(P - onehot(y))/N", "(y_hat - onehot(y))/N", "(yhat - Y)/N", "(Y_hat - Y)/N"])
def test_a_formula_reads_them(tmp_path: Path, line: str) -> None:
    assert report(tmp_path, "hand.yaml", f"claims:\n  dZ_out: {line}\n")["dZ_out"].verdict == "PROVED"


@pytest.mark.parametrize(
    "line",
    [
        r"\delta_{out} = \frac{1}{N}(P - Y)",
        r"\delta_{out} = \frac{1}{N}(\hat y - y)",
        r"\delta_{out,nk} = \frac{1}{N}(\hat{y}_{nk} - y_{nk})",
        r"\delta_{out} = (p - y)/N",
    ],
)
def test_a_line_of_a_document_reads_them(tmp_path: Path, line: str) -> None:
    assert report(tmp_path, "hand.tex", rf"\[ {line} \]")["dZ_out"].verdict == "PROVED"


def test_index_notation_reads_them(tmp_path: Path) -> None:
    text = "claims:\n  dZ_out[n,c]: (P[n,c] - Y[n,c])/N\n"
    assert report(tmp_path, "hand.yaml", text)["dZ_out"].verdict == "PROVED"


def test_the_gradient_of_the_only_parameter_of_a_letter(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "symprop: 1\nname: logistic\ninputs: {x: {shape: [4]}, y: {role: target, shape: [1]}}\n"
        "layers: [{id: out, in: x, type: dense, units: 1, activation: sigmoid}]\n"
        "loss: {type: binary_cross_entropy, from: out, target: y}\n"
    )
    (tmp_path / "hand.yaml").write_text("claims:\n  dW: x.T @ (A - y)/N\n  grad_b: sum(y_hat - y, axis=0)/N\n")
    (tmp_path / "hand.tex").write_text(r"\[ \nabla_W L = \frac{1}{N} x^\top(\hat y - y) \]")
    found = {v.target: v.verdict for v in symprop.verify(path, tmp_path / "hand.yaml").given}
    assert found == {"dW_out": "PROVED", "db_out": "PROVED"}
    assert {v.target: v.verdict for v in symprop.verify(path, tmp_path / "hand.tex").given} == {"dW_out": "PROVED"}


def test_a_name_of_ones_own_goes_before(tmp_path: Path) -> None:
    text = "claims:\n  P: P_loss - onehot(y)\n  dZ_out: P/N\n"
    assert report(tmp_path, "hand.yaml", text)["dZ_out"].verdict == "PROVED"
    document = r"\[ P = \hat y - y \] \[ \delta_{out} = P / N \]"
    assert report(tmp_path, "hand.tex", document)["dZ_out"].verdict == "PROVED"


def test_a_letter_of_several_tensors_stays_unknown(tmp_path: Path) -> None:
    with pytest.raises(ClaimError, match="unknown name 'Z'"):
        report(tmp_path, "hand.yaml", "claims:\n  dZ_out: softmax(Z)\n")
    with pytest.raises(ClaimError, match="nothing is known by the name 'Z'"):
        report(tmp_path, "hand.tex", r"\[ \delta_{out} = Z \]")
