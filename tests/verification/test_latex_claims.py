"""Claims in LaTeX: documents as people write them, and the documents that symprop itself prints, read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symprop.cli import run
from symprop.errors import ClaimError, InputError
from symprop.verification import Report, verify
from symprop.verification.claimsfile import network_path, parse_document, read_claims
from symprop.verification.text import report_text
from tests.verification.hand import classifier, linear

EXAMPLES = Path("examples")
DOCUMENTS = sorted((EXAMPLES / "claims").glob("*.tex"))
NET = """
symprop: 1
name: small
inputs: {x: {shape: [3]}, y: {role: target, classes: 5}}
layers:
  - {id: hid, type: dense, units: 4, activation: tanh}
  - {id: out, type: dense, units: 5}
loss: {type: softmax_cross_entropy, from: out, target: y, l2: 0.01}
"""


def report(text: str, hidden: str = "tanh") -> Report:
    return verify(classifier(hidden), parse_document(text, "hand.tex"))


def verdicts(text: str, hidden: str = "tanh") -> list[tuple[str, str]]:
    return [(v.target, v.verdict) for v in report(text, hidden).given]


MATRICES = r"""
\begin{align*}
\delta^{[2]} &= \frac{1}{N}(P - Y) \\
\frac{\partial L}{\partial W^{[2]}} &= (A^{[1]})^\top \delta^{[2]}, &
\frac{\partial L}{\partial b^{[2]}} &= \mathbf{1}^\top \delta^{[2]} \\
\delta^{[1]} &= \delta^{[2]} W^{[2]\top} \odot \tanh'(Z^{[1]}) \\
\frac{\partial L}{\partial W^{[1]}} &= X^T \delta^{[1]} \qquad
  \frac{\partial L}{\partial b^{[1]}} = \sum_n \delta^{[1]}_n.
\end{align*}"""
INDICES = r"""
\[ \partial L/\partial z^{(2)}_{nk} = \frac{1}{N} \left(
   \frac{e^{z^{(2)}_{nk}}}{\sum_{j=1}^{5} e^{z^{(2)}_{nj}}} - \mathbb{1}[y_n = k] \right) \]
\[ \frac{\partial L}{\partial W^{(2)}_{ij}} = \sum_{n=1}^N a^{(1)}_{ni} \frac{\partial L}{\partial z^{(2)}_{nj}} \]
\[ \frac{\partial J}{\partial b_{2,j}} = \sum_{n} \delta_{2,nj} \]
\[ \delta^{(1)}_{ni} = (1 - \tanh^2(z^{(1)}_{ni})) \sum_k W^{(2)}_{ik} \delta^{(2)}_{nk} \]
\[ \nabla_{W_1} \mathcal{L} = \sum_{i=1}^m x^{(i)} \delta_1^{(i)\top}
   \quad \nabla_{b_1} \mathcal{L} = \delta_1^\top \mathbf 1 \]"""
GRADIENTS = ["dZ2", "dW2", "db2", "dZ1", "dW1", "db1"]


@pytest.mark.parametrize("text", [MATRICES, INDICES], ids=["matrices", "indices"])
def test_the_same_derivation_in_matrices_and_in_indices_is_proved(text: str) -> None:
    assert verdicts(text) == [(name, "PROVED") for name in GRADIENTS]


def test_claims_on_the_forward_pass_leave_its_names() -> None:
    """Z that was claimed is still the tensor of the network, whose adjoint is delta, and can be claimed again."""
    text = r"\[ Z_1 = X W_1 + b_1 \] \[ Z_1 = X W_1 + \mathbf 1 b_1^\top \] \[ A_1 = \tanh(Z_1) \]" + MATRICES
    forward = [("Z1", "PROVED"), ("Z1", "PROVED"), ("A1", "PROVED")]
    assert verdicts(text) == [*forward, *((name, "PROVED") for name in GRADIENTS)]


@pytest.mark.parametrize(
    ("line", "wrong", "verdict"),
    [
        (r"(P - Y)", r"(Y - P)", "PROPORTIONAL"),
        (r"\frac{1}{N}(P", r"(P", "PROPORTIONAL"),
        (r"\tanh'(Z^{[1]})", r"(1 + \tanh^2(Z^{[1]}))", "REFUTED"),
        (r"\tanh'(Z^{[1]})", r"\tanh'(A^{[1]})", "REFUTED"),
        (r"\tanh'(Z^{[1]})", r"\sigma'(Z^{[1]})", "REFUTED"),
        (r"\sum_n \delta^{[1]}_n", r"\frac1N \sum_n \delta^{[1]}_n", "PROPORTIONAL"),
        (r"X^T \delta^{[1]}", r"X^T (\delta^{[1]} \odot A^{[1]})", "REFUTED"),
        (r"X^T \delta^{[1]}", r"(X^T \delta^{[1]})^\top", "SHAPE"),
        (r"X^T \delta^{[1]}", r"X \delta^{[1]}", "NOT EVALUABLE"),
    ],
)
def test_a_mistake_is_found_where_it_is(line: str, wrong: str, verdict: str) -> None:
    assert line in MATRICES
    found = report(MATRICES.replace(line, wrong))
    first = next(v for v in found.given if v.verdict != "PROVED")
    assert first.verdict == verdict and not found.ok
    assert sum(v.verdict in ("PROVED", verdict) for v in found.given) == len(GRADIENTS)


def test_what_does_not_fit_says_why() -> None:
    verdict = report(MATRICES.replace(r"X^T \delta^{[1]}", r"X \delta^{[1]}"))["dW1"]
    assert (
        verdict.reason
        == "the product: shapes (N, 3) and (N, 4) do not fit: 3 columns on the left meet N rows on the right."
    )
    assert verdict.hints == ("x (N, 3) is of the network; dZ1 (N, 4) is by your claim dZ1.",)
    assert verdict.where == "hand.tex:7:42"


def test_every_verdict_says_how_its_line_was_read() -> None:
    found = report(MATRICES)
    assert found["dW2"].read_as == "dW2[i,j] = sum[n](A1[n,i]*dZ2[n,j]) of shape (4, 5)"
    assert "Read as:\n  dZ2[n,i] = (P[n,i] - Y[n,i])/N of shape (N, 5)\n" in str(found)
    assert found.as_json()["claims"][1]["read_as"] == found["dW2"].read_as
    assert found.as_json()["claims"][0]["where"] == "hand.tex:3:17"


def test_a_chain_claims_every_side() -> None:
    line = r"\[ \delta_2 = \frac{\partial L}{\partial Z_2} = \frac{P - Y}{N} = \frac{Y - P}{N} = \frac1N (P - Y) \]"
    assert verdicts(line) == [("dZ2", "PROVED"), ("dZ2", "PROPORTIONAL"), ("dZ2", "PROVED")]


def test_a_definition_is_read_by_later_lines() -> None:
    text = r"\[ q = \mathrm{softmax}(Z_2), \quad e = q - y \] \[ \delta_2 = e/N \]"
    assert verdicts(text) == [("dZ2", "PROVED")]


def test_faults_of_all_lines_are_listed_with_their_places() -> None:
    with pytest.raises(ClaimError) as caught:
        report("Text.\n\\[ \\delta_2 = \\foo \\]\n\n\\[\n  dW_2 = Q\n\\]")
    assert str(caught.value).split("\n") == [
        r"hand.tex:2:15: command '\foo' cannot be read in a formula. Write it out, or "
        r"define it above by \newcommand.",
        "hand.tex:5:10: nothing is known by the name 'Q'. Define it in a line above, or name it as the network does.",
    ]


def test_sigma_is_refused_where_it_may_be_two_functions() -> None:
    with pytest.raises(ClaimError) as caught:
        report(r"\[ \delta_1 = f'(Z_1) \]")
    message = r"hand.tex:1:15: it is not clear what f is; it may be relu or sigmoid or tanh. Write \mathrm{relu}(z)."
    assert str(caught.value) == message


def test_a_single_layer_has_a_delta_without_a_label() -> None:
    text = r"\[ \delta = \frac{2}{N} (Z - t) \] \[ dW = x^\top \delta \] \[ \bar{b} = \delta^\top \mathbf 1 \]"
    found = verify(linear(), parse_document(text, "hand.tex"))
    assert [(v.target, v.verdict) for v in found.given] == [("dZ", "PROVED"), ("dW", "PROVED"), ("db", "PROVED")]


def test_a_delta_that_was_given_is_no_kronecker_delta() -> None:
    text = r"\[ \delta = \frac{2}{N} (Z - t) \] \[ \frac{\partial L}{\partial W_{ij}} = \sum_n x_{ni} \delta_{nj} \]"
    with pytest.raises(ClaimError) as caught:
        verify(linear(), parse_document(text, "hand.tex"))
    message = r"'\delta_{nj}' may be delta or the Kronecker delta. Write \mathrm{d}Z_{ij} or [i = j]."
    assert str(caught.value) == rf"hand.tex:1:90: {message}"
    named = text.replace(r"\delta_{nj}", r"\mathrm{d}Z_{nj}")
    assert verify(linear(), parse_document(named, "hand.tex")).ok


def test_indicators_of_kinks_are_proved_as_relu_is() -> None:
    text = r"""\[ \delta_2 = (P-Y)/N \]
        \[ \delta_1 = \delta_2 W_2^\top \odot \mathbf 1_{Z_1 > 0} = [Z_1 > 0] \odot \delta_2 W_2^T \]"""
    assert [v for _, v in verdicts(text, "relu")] == ["PROVED"] * 3


# -- documents -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [pytest.param(p, id=p.stem, marks=pytest.mark.slow if p.stem == "digits_cnn" else ()) for p in DOCUMENTS]
)
def test_the_documents_of_the_examples_are_proved(path: Path) -> None:
    from symprop.session import read_network

    file = read_claims(path)
    network = read_network(network_path(file, None))
    found = verify(network, file, timeout=600)
    assert [v.verdict for v in found.given] == ["PROVED"] * len(found.given)
    assert {v.target.removeprefix("d") for v in found.given} >= {t.name for t in network.params}


UNREAD = {"digits", "poisson", "digits_cnn", "characters_lstm", "characters_transformer"}
"""Printed documents left out: one of the same forms as others; derivatives of tensors, deltas of windows, and steps by
their numbers are not read."""


def test_every_example_has_a_document() -> None:
    assert {path.stem for path in DOCUMENTS} == {path.stem for path in EXAMPLES.glob("*.yaml")}


@pytest.mark.parametrize("layout", ["rows", "columns"])
@pytest.mark.parametrize("notation", ["matrix", "index"])
@pytest.mark.parametrize("name", ["small", *(path.stem for path in DOCUMENTS if path.stem not in UNREAD)])
def test_what_symprop_prints_is_proved(name: str, notation: str, layout: str, tmp_path: Path) -> None:
    """Each step of our own derivations, in both notations and layouts, read back as a claim."""
    net = tmp_path / "net.yaml"
    net.write_text((NET if name == "small" else (EXAMPLES / f"{name}.yaml").read_text()) + f"layout: {layout}\n")
    out = tmp_path / "own.tex"
    assert run(["derive", str(net), "--latex", "--notation", notation, "-o", str(out)]) == 0
    from symprop.session import read_network

    network = read_network(net)
    found = verify(network, read_claims(out))
    assert [v.verdict for v in found.given] == ["PROVED"] * len(found.given)
    claimed = {v.target for v in found.given}
    assert claimed >= {f"d{t.name}" for t in network.params} | {e.target for e in network.equations}


# -- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "hand.tex").write_text("% symprop: net: net.yaml\n\\[ \\delta_{out} = \\frac1N (P_{loss} - y) \\]\n")
    (tmp_path / "lost.tex").write_text("\\[ \\delta_{out} = \\frac1N (P_{loss} - y) \\]\n")
    (tmp_path / "prose.tex").write_text("% symprop: net: net.yaml\nNothing but $x = 3$.\n")
    return tmp_path


def test_the_network_is_named_in_a_comment(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(folder / "hand.tex")]) == 0
    out = capsys.readouterr().out
    assert "dZ_out  PROVED" in out and "  dZ_out[n,i] = (P_loss[n,i] - [y[n] == i])/N of shape (N, 5)" in out
    assert run(["verify", str(folder / "lost.tex"), "--net", str(folder / "net.yaml"), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["claims"][0]
    assert first["read_as"] == "dZ_out[n,i] = (P_loss[n,i] - [y[n] == i])/N of shape (N, 5)"


def test_a_document_without_a_network_or_a_claim_is_a_fault(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(folder / "lost.tex")]) == 2
    message = "the claims name no network; expected a comment % symprop: net: net.yaml. Add it, or give --net NET.yaml."
    assert message in " ".join(capsys.readouterr().err.split())
    assert run(["verify", str(folder / "prose.tex")]) == 2
    message = "there is no claim; expected mathematics with a left side and =."
    assert message in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("text", ["\x00", "\\[", "$$", "\\[ a = \ufeff b \\]", "\\[ dW_1 = \u202eX \\]", "\\[ = \\]"])
def test_a_document_that_is_none_is_a_fault(text: str) -> None:
    with pytest.raises(InputError):
        report(text)


def test_a_line_that_reads_one_at_fault_is_no_fault_of_its_own() -> None:
    lines = [r"\delta_2 = (P - Y) \qq / N", r"\nabla_{W_2} L = A_1^\top \delta_2", r"\delta_1 = (\delta_2 W_2^\top"]
    with pytest.raises(ClaimError) as caught:
        report("".join(rf"\[ {line} \]" + "\n" for line in lines))
    assert [str(fault).partition(". ")[0] for fault in caught.value.faults] == [
        r"hand.tex:1:23: '\qq' cannot be read here",
        "hand.tex:3:33: a bracket is not closed; expected ')', got the end of the formula",
    ]


def test_a_line_is_echoed_over_arrays_as_they_lie() -> None:
    text = "% symprop: convention: batch=columns,weights=out_in\n"
    text += r"\[ \delta_2 = (P - Y)/N \] \[ \nabla_{W_2} L = \delta_2 A_1^\top \]"
    assert [v.read_as for v in report(text).given] == [
        "dZ2[i,n] = (P[i,n] - Y[i,n])/N of shape (5, N)",
        "dW2[i,j] = sum[n](dZ2[i,n]*A1[j,n]) of shape (5, 4)",
    ]


def test_claims_of_one_name_are_told_apart_by_their_places() -> None:
    lines = [r"\delta_2 = (P - Y)/N", r"\nabla_{W_2} L = A_1^\top \delta_2", r"\nabla_{W_2} L = \delta_2 A_1^\top"]
    text = report_text(report("".join(rf"\[ {line} \]" + "\n" for line in lines)))
    assert "\ndZ2           PROVED" in text and "\ndW2 (line 2)  PROVED" in text
    assert "\ndW2 (line 3): NOT EVALUABLE\n" in text


EMBEDDED = """
symprop: 1
name: emb
inputs: {tok: {shape: [3], vocabulary: 5}, y: {role: target, shape: [2]}}
layers:
  - {id: emb, type: embedding, units: 4}
  - {id: pool, type: reduce_sum, axis: 1}
  - {id: out, type: dense, units: 2}
loss: {type: mse, from: out, target: y}
"""


def test_a_label_compared_with_an_index_in_a_document_whose_shapes_do_not_fit(tmp_path: Path) -> None:
    """Other layouts are tried, in which integers may be one-hot rows that have no position."""
    (tmp_path / "emb.yaml").write_text(EMBEDDED)
    document = tmp_path / "emb.tex"
    lines = (
        r"\delta_{\mathrm{out}} &= \frac1N (Z_{\mathrm{out}} - y) \\",
        r"\mathrm{d}Z_{\mathrm{pool}} &= W_{\mathrm{out}} \delta_{\mathrm{out}} \\",
        r"\mathrm{d}W_{\mathrm{emb}, v d} &= \sum_{n, t} [\mathrm{tok}_{n t} = v] \mathrm{d}Z_{\mathrm{pool}, n d}",
    )
    head = "% symprop: net: emb.yaml\n% symprop: first_index: 1\n"
    document.write_text("\n".join([head, r"\begin{align*}", *lines, r"\end{align*}", ""]))
    from symprop.session import read_network

    found = verify(read_network(tmp_path / "emb.yaml"), read_claims(document))
    assert [v.verdict for v in found.given] == ["PROVED", "NOT EVALUABLE", "NOT EVALUABLE"]


def test_a_name_with_a_power_in_it_and_digits_above_a_delta() -> None:
    text = r"""
\[ \delta^2 = \frac{1}{N} (P - Y) \]
\[ \delta^1 = \left( \delta^2 W_2^\top \right) \odot \tanh'(Z^1) \]
\[ \sigma_B^2 = \frac1N \sum_n x_n \odot x_n \]
\[ \frac{\partial L}{\partial W_{1,ij}} = \sum_n \frac{x_{ni} \delta^1_{nj} \sigma_{B,i}^2}{\frac1N \sum_m x_{mi}^2} \]
"""
    assert verdicts(text) == [("dZ2", "PROVED"), ("dZ1", "PROVED"), ("dW1", "PROVED")]
    wrong = verdicts(text.replace(r"\sigma_{B,i}^2}", r"\sigma_{B,i}^2 \sigma_{B,i}^2}"))
    assert wrong[2] == ("dW1", "REFUTED")


def test_a_sum_over_all_but_one_class() -> None:
    text = r"""
\[ \frac{\partial L}{\partial Z_{2,ni}} = \frac1N \Bigl( -Y_{ni} (1 - P_{ni}) + \sum_{k \ne i} Y_{nk} P_{ni} \Bigr) \]
"""
    assert verdicts(text) == [("dZ2", "PROVED")]
    assert verdicts(text.replace("(1 - P_{ni})", "(1 + P_{ni})")) == [("dZ2", "REFUTED")]
