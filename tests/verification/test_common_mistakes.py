"""Mistakes made again and again: a right formula is proved, and with one edit it gets the hint that names the edit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import symprop
from symprop.language import Network
from symprop.network import build
from symprop.spec import parse_spec
from symprop.verification import Report, verify
from symprop.verification.claimsfile import parse_claims

MLP = """
inputs: {x: {shape: [3]}, y: {role: target, classes: 5}}
layers:
  - {id: h, type: dense, units: 4, activation: tanh}
  - {id: out, type: dense, units: 5}
loss: {type: softmax_cross_entropy, from: out, target: y, l2: 0.1}
"""
NORMED = """
inputs: {x: {shape: [3]}, t: {role: target, shape: [4]}}
layers:
  - {id: fc, type: dense, units: 4}
  - {id: n, type: NORM, eps: 0.001}
loss: {type: mse, from: n, target: t}
"""
SOFT = """
inputs: {x: {shape: [3]}, t: {role: target, shape: [2]}}
layers:
  - {id: fc, type: dense, units: 4, activation: softmax}
  - {id: out, type: dense, units: 2}
loss: {type: mse, from: out, target: t}
"""
ATTENTION = """
inputs: {x: {shape: [5, 4]}, t: {role: target, shape: [5, 4]}}
layers:
  - {id: a, type: attention, heads: 1, bias: false}
loss: {type: mse, from: a, target: t}
"""
SQUARE = """
inputs: {x: {shape: [4, 4]}, t: {role: target, shape: [4, 4]}}
layers:
  - id: out
    in: x
    equations: ["z[n,i,j] = sum[k](u[n,i,k]*W[k,j]) + b[j]"]
    args: {u: [4, 4]}
    params: {W: {shape: [4, 4]}, b: {shape: [4]}}
    output: z
loss: {type: mse, from: out, target: t}
"""
SUMMED = """
inputs: {x: {shape: [3]}, t: {role: target, shape: [2]}}
layers:
  - {id: out, type: dense, units: 2}
loss: {type: mse, from: out, target: t, reduce: sum}
"""
MASKED = """
inputs: {m: {shape: []}, x: {shape: [3]}, y: {role: target, classes: 5}}
layers:
  - {id: out, in: x, type: dense, units: 5}
loss: {type: softmax_cross_entropy, from: out, target: y, mask: m}
"""
SPECS = {
    "mlp": MLP,
    "elastic": MLP.replace("l2: 0.1", "l2: 0.1, l1: 0.2"),
    "lasso": MLP.replace("l2: 0.1", "l1: 0.2"),
    "batch": NORMED.replace("NORM", "batch_norm"),
    "layer": NORMED.replace("NORM", "layer_norm"),
    "columns": "layout: columns" + NORMED.replace("NORM", "layer_norm"),
    "soft": SOFT,
    "attention": ATTENTION,
    "masked": ATTENTION.replace("heads: 1", "heads: 2, causal: true"),
    "square": SQUARE,
    "summed": SUMMED,
    "mean_of_some": MASKED,
}


@cache
def network(name: str) -> Network:
    return build(parse_spec(f"symprop: 1\nname: {name}\n{SPECS[name]}"))


def report(net: str, claims: dict[str, str]) -> Report:
    lines = [f"  {name}: {json.dumps(text)}" for name, text in claims.items()]
    return verify(network(net), parse_claims("\n".join(["claims:", *lines]), "hand.yaml"))


@dataclass(frozen=True)
class Formula:
    """A right formula below others, and edits with the hints they get."""

    net: str
    above: dict[str, str]
    name: str
    right: str
    edits: tuple[tuple[str, str, str], ...]

    def edited(self, old: str, new: str) -> dict[str, str]:
        """All claims with an edit in the last."""
        assert old in self.right
        return {**self.above, self.name: self.right.replace(old, new)}


LOSS = {"dZ_out": "(P_loss - Y)/N"}
BATCH = {"dZ_n": "(Z_n - t)/(2*N)", "dxhat_n": "dZ_n*gamma_n"}
ATTENDED = {
    "dZ_a": "(Z_a - t)/(10*N)",
    "dO_a": "dZ_a @ Wo_a.T",
    "dA_a": "einsum('ntad,nsad->nats', dO_a.reshape(N, 5, 1, 4), V_a.reshape(N, 5, 1, 4))",
}
SCORES = {**ATTENDED, "dS_a": "A_a*(dA_a - sum(dA_a*A_a, axis=3, keepdims=True))"}
TWO_HEADS = {**ATTENDED, "dA_a": ATTENDED["dA_a"].replace("1, 4)", "2, 2)")}
LEFT_OUT = "less than the true value, as if the penalty were left out."
SUM_OF_ROWS = "and the loss is a sum over the N rows, not a mean."
OURS, TRUE, PENALTY = "Yours equals ours if ", "It is the true value if you ", "Consistent with a penalty term: it is "
LAYER = "(dxhat_n - MEAN1 - xhat_n*MEAN2)/sqrt(var_n + 0.001)[:, None]"
MEAN1, MEAN2 = "mean(dxhat_n, axis=1, keepdims=True)", "mean(dxhat_n*xhat_n, axis=1, keepdims=True)"
EVERY_MEAN = "every mean runs along the axis of extent {}, not along that of extent {}."
FORMULAS = (
    # a sum over the wrong axis, where the shape tells and where it does not
    Formula(
        "mlp",
        LOSS,
        "db_out",
        "sum(dZ_out, axis=0)",
        (
            ("axis=0", "axis=1", f"{TRUE}sum over axis 0 of dZ_out, not over axis 1."),
            ("dZ_out, axis=0", "dZ_out.T, axis=0", f"{TRUE}sum over axis 0 of dZ_out, not over axis 1."),
            ("dZ_out", "(P_loss - Y).T/N", f"{TRUE}sum over axis 0, not over axis 1 (those of P_loss)."),
            ("axis=0", "axis=1, keepdims=True", f"{TRUE}sum over axis 0 of dZ_out, not over axis 1, without keepdims."),
            (
                "sum(dZ_out, axis=0)",
                "mean(dZ_out, axis=1)",
                f"{TRUE}take the sum over axis 0 of dZ_out, not the mean over axis 1.",
            ),
        ),
    ),
    Formula(
        "layer",
        {},
        "mu_n",
        "mean(Z_fc, axis=1)",
        (("axis=1", "axis=0", f"{TRUE}take the mean over axis 1 of Z_fc, not over axis 0."),),
    ),
    Formula(
        "square",
        {"dZ_out": "(Z_out - t)/(8*N)"},
        "db_out",
        "sum(dZ_out, axis=(0, 1))",
        (
            ("(0, 1)", "(0, 2)", f"{OURS}the sum of dZ_out runs along the other axis."),
            ("(0, 1)", "(1, 2)", f"{TRUE}sum over axes 0 and 1 of dZ_out, not over axes 1 and 2."),
        ),
    ),
    # N - 1 for N
    Formula("mlp", {}, "dZ_out", "(P_loss - Y)/N", (("/N", "/(N - 1)", f"{OURS}N - 1 stands in place of N."),)),
    Formula(
        "batch",
        {},
        "var_n",
        "sum((Z_fc - mu_n)**2, axis=0)/N",
        (("/N", "/(N - 1)", f"{OURS}N - 1 stands in place of N."),),
    ),
    Formula(
        "batch",
        BATCH,
        "dZ_fc",
        "v = sum((Z_fc - mu_n)**2, axis=0)/N\nh = (Z_fc - mu_n)/sqrt(v + 0.001)\n"
        "(dxhat_n - mean(dxhat_n, axis=0) - h*mean(dxhat_n*h, axis=0))/sqrt(v + 0.001)",
        (
            ("axis=0)/N", "axis=0)/(N - 1)", "Yours is right if in v, N stands in place of N - 1."),
            ("sqrt(v + 0.001)", "sqrt(v)", "Yours is right if v + 0.001 stands in place of v everywhere."),
            ("0.001", "1e-5", "Yours is right if 0.001 stands in place of 1e-5 everywhere."),
            (
                "sqrt(v + 0.001)",
                "(sqrt(v) + 0.001)",
                "Yours is right if sqrt(v + 0.001) stands in place of sqrt(v) + 0.001 everywhere.",
            ),
        ),
    ),
    Formula(
        "batch",
        BATCH,
        "dZ_fc",
        "(N*dxhat_n - sum(dxhat_n, axis=0) - xhat_n*sum(dxhat_n*xhat_n, axis=0))/(N*sqrt(var_n + 0.001))",
        (
            ("N*", "(N - 1)*", f"{OURS}N - 1 stands in place of N everywhere."),
            # an epsilon forgotten, of another value, added after the root
            ("var_n + 0.001", "var_n", f"{OURS}the term 0.001 is left out."),
            ("0.001", "0.0001", f"{OURS}0.0001 stands in place of 0.001."),
            (
                "sqrt(var_n + 0.001)",
                "(sqrt(var_n) + 0.001)",
                f"{OURS}sqrt(var_n) + 0.001 stands in place of sqrt(var_n + 0.001).",
            ),
        ),
    ),
    # both sums of a norm
    Formula(
        "layer",
        BATCH,
        "dZ_fc",
        LAYER.replace("MEAN1", MEAN1).replace("MEAN2", MEAN2),
        (
            ("axis=1, keepdims=True", "axis=0", OURS + EVERY_MEAN.format("N", "4")),
            (MEAN2, MEAN2.replace("1", "0"), f"{OURS}the mean of dxhat_n*xhat_n runs along the other axis."),
            (", axis=1, keepdims=True", "", f"{OURS}every mean runs over the axis of extent N as well."),
            ("mean(", "1/N*sum(", f"{OURS}N stands in place of 4 everywhere."),
            ("mean(", "1/3*sum(", f"{OURS}3 stands in place of 4 everywhere."),
        ),
    ),
    Formula(
        "columns",
        {**BATCH, "dxhat_n": "dZ_n*gamma_n[:, None]"},
        "dZ_fc",
        "(dxhat_n - mean(dxhat_n, axis=0) - xhat_n*mean(dxhat_n*xhat_n, axis=0))/sqrt(var_n + 0.001)",
        (("axis=0", "axis=1, keepdims=True", OURS + EVERY_MEAN.format("N", "4")),),
    ),
    # the diagonal of softmax
    Formula(
        "soft",
        {"dZ_out": "(Z_out - t)/N", "dA_fc": "dZ_out @ W_out.T"},
        "dZ_fc",
        "A_fc*(dA_fc - sum(dA_fc*A_fc, axis=1, keepdims=True))",
        (
            (
                "dA_fc - sum(dA_fc*A_fc, axis=1, keepdims=True)",
                "dA_fc*(1 - A_fc)",
                f"{OURS}of sum(dA_fc*A_fc, axis=1) only the entry k = j is taken, the diagonal alone.",
            ),
        ),
    ),
    Formula(
        "soft",
        {},
        "dW_fc",
        "d = ((Z_out - t)/N) @ W_out.T\ng = d*A_fc - sum(d*A_fc, axis=1, keepdims=True)*A_fc\nx.T @ g",
        (
            (
                "sum(d*A_fc, axis=1, keepdims=True)*A_fc",
                "d*A_fc*A_fc",
                f"{OURS}in dZ_fc, of sum(dA_fc*A_fc, axis=1) only the entry k = j is taken, the diagonal alone.",
            ),
        ),
    ),
    Formula(
        "attention",
        ATTENDED,
        "dS_a",
        "A_a*(dA_a - sum(dA_a*A_a, axis=3, keepdims=True))",
        (
            (
                "dA_a - sum(dA_a*A_a, axis=3, keepdims=True)",
                "dA_a*(1 - A_a)",
                f"{OURS}of sum[k](dA_a[n,a,t,k]*A_a[n,a,t,k]) only the entry k = s is taken, the diagonal alone.",
            ),
        ),
    ),
    Formula(
        "masked",
        TWO_HEADS,
        "dS_a",
        "A_a*(dA_a - sum(dA_a*A_a, axis=3, keepdims=True))",
        (
            (
                "dA_a - sum(dA_a*A_a, axis=3, keepdims=True)",
                "dA_a*(1 - A_a)",
                f"{OURS}of sum[k: t >= k](dA_a[n,a,t,k]*A_a[n,a,t,k]) only the entry k = s is taken, "
                "the diagonal alone.",
            ),
        ),
    ),
    # transposes that no shape betrays
    Formula(
        "attention",
        SCORES,
        "dK_a",
        "swapaxes(dS_a.reshape(N, 5, 5), 1, 2) @ Q_a/2",
        (
            (
                "swapaxes(dS_a.reshape(N, 5, 5), 1, 2)",
                "dS_a.reshape(N, 5, 5)",
                f"{OURS}dS_a is transposed, its axes of extent 5 exchanged.",
            ),
        ),
    ),
    Formula(
        "attention",
        SCORES,
        "dQ_a",
        "dS_a.reshape(N, 5, 5) @ K_a/2",
        (
            (
                "dS_a.reshape(N, 5, 5)",
                "swapaxes(dS_a.reshape(N, 5, 5), 1, 2)",
                f"{OURS}dS_a is transposed, its axes of extent 5 exchanged.",
            ),
        ),
    ),
    Formula(
        "attention",
        {"dZ_a": "(Z_a - t)/(10*N)", "dO_a": "dZ_a @ Wo_a.T"},
        "dV_a",
        "P = A_a.reshape(N, 5, 5)\nswapaxes(P, 1, 2) @ dO_a",
        (("swapaxes(P, 1, 2)", "P", f"{OURS}A_a is transposed, its axes of extent 5 exchanged."),),
    ),
    Formula(
        "attention",
        SCORES,
        "dS_a",
        SCORES["dS_a"],
        (
            (
                SCORES["dS_a"],
                f"swapaxes({SCORES['dS_a']}, 2, 3)",
                "Consistent with a transpose too many or too few: it is the transpose of the true value, its axes of "
                "extent 5 exchanged.",
            ),
        ),
    ),
    # penalties
    Formula(
        "mlp",
        LOSS,
        "dW_out",
        "A_h.T @ dZ_out + 0.1*W_out",
        (
            (" + 0.1*W_out", "", f"{PENALTY}0.1*W_out {LEFT_OUT}"),
            ("0.1", "0.2", f"{PENALTY}0.1*W_out more than the true value, as if the penalty stood twice."),
            ("0.1", "0.05", f"{PENALTY}0.05*W_out less than the true value, as if the penalty were halved."),
            ("0.1*W_out", "0.1*W_out/N", f"{OURS}the term W_out/10 is divided by N."),
        ),
    ),
    Formula(
        "elastic",
        LOSS,
        "dW_out",
        "A_h.T @ dZ_out + (0.1*W_out + 0.2*sign(W_out))",
        (
            (
                " + (0.1*W_out + 0.2*sign(W_out))",
                "",
                f"{PENALTY}sign(W_out)/5 + W_out/10 {LEFT_OUT}",
            ),
            (
                "(0.1*W_out + 0.2*sign(W_out))",
                "2*(0.1*W_out + 0.2*sign(W_out))",
                f"{PENALTY}sign(W_out)/5 + W_out/10 more than the true value, as if the penalty stood twice.",
            ),
            (" + 0.2*sign(W_out)", "", f"{OURS}the term sign(W_out)/5 is left out."),
        ),
    ),
    Formula(
        "lasso",
        LOSS,
        "dW_out",
        "A_h.T @ dZ_out + 0.2*sign(W_out)",
        (
            (" + 0.2*sign(W_out)", "", f"{PENALTY}sign(W_out)/5 {LEFT_OUT}"),
            ("0.2", "0.1", f"{PENALTY}sign(W_out)/10 less than the true value, as if the penalty were halved."),
        ),
    ),
    # constants
    Formula(
        "mlp",
        {},
        "dZ_out",
        "(P_loss - Y)/N",
        (
            ("/N", "", "Consistent with a missing 1/N: yours = N*ours, and the loss is a mean over the N rows."),
            ("/N", "/N**2", "Consistent with a 1/N too many: yours = ours/N, and the loss is divided by N once."),
            ("/N", "*3/N", "Consistent with a factor of 3 too many: yours = 3*ours, whatever N is."),
            ("/N", "/(5*N)", "Consistent with a division by 5 too many: yours = ours/5, whatever N is."),
            ("/N", "/5", "Consistent with a factor of N/5 too many: yours = (N/5)*ours."),
        ),
    ),
    Formula(
        "layer",
        {},
        "dZ_n",
        "(Z_n - t)/(2*N)",
        (
            ("/(2*N)", "*2", "Consistent with a missing 1/(4*N): yours = 4*N*ours, and the loss is divided by 4*N."),
            ("/(2*N)", "*2/N", "Consistent with a missing 1/4: yours = 4*ours, and the loss is divided by 4*N."),
            ("/(2*N)", "/2", "Consistent with a missing 1/N: yours = N*ours, and the loss is divided by 4*N."),
        ),
    ),
    Formula(
        "summed",
        {},
        "dZ_out",
        "2*(Z_out - t)",
        (
            (
                "2*(Z_out - t)",
                "2*(Z_out - t)/N",
                f"Consistent with a 1/N too many: yours = ours/N, {SUM_OF_ROWS}",
            ),
            (
                "2*(Z_out - t)",
                "2*N*(Z_out - t)",
                f"Consistent with a factor N too many: yours = N*ours, {SUM_OF_ROWS}",
            ),
        ),
    ),
    # of this mean over some rows nothing is said but the ratio
    Formula(
        "mean_of_some",
        {},
        "dZ_out",
        "m[:, None]*(P_loss - Y)/sum(m)",
        (("m[:", "N*m[:", "Consistent with a factor N too many, or a missing 1/N: yours = N*ours."),),
    ),
)
EDITS = [(formula, edit) for formula in FORMULAS for edit in formula.edits]
SHOWN = [f"{formula.net}: {formula.name}: {new or 'nothing'} for {old}" for formula, (old, new, _) in EDITS]


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f"{f.net}: {f.name}")
def test_the_formula_is_right(formula: Formula) -> None:
    found = report(formula.net, {**formula.above, formula.name: formula.right})
    assert [v.verdict for v in found.given if not v.verdict.startswith("PROVED")] == []


@pytest.mark.parametrize(("formula", "edit"), EDITS, ids=SHOWN)
def test_an_edit_is_named(formula: Formula, edit: tuple[str, str, str]) -> None:
    old, new, hint = edit
    found = report(formula.net, formula.edited(old, new))[formula.name]
    assert found.verdict in ("REFUTED", "PROPORTIONAL", "SHAPE")
    assert found.hints[0] == hint


@pytest.mark.parametrize(
    ("claims", "hint"),
    [
        (
            {"dZ_out": "P_loss - Y", "dW_out": "dZ_out.T @ A_h + 0.1*W_out.T"},
            "Given the earlier lines, it is right if you transpose it.",
        ),
        (
            {"dZ_out": "P_loss - Y", "db_out": "sum(dZ_out, axis=1)"},
            "Given the earlier lines, it is right if you sum over axis 0 of dZ_out, not over axis 1.",
        ),
        # what it reads is wrong, and by chance the value is right: nothing has to be given
        (
            {"dZ_out": "P_loss - Y", "db_out": "sum(dZ_out/N, axis=1)"},
            "It is the true value if you sum over axis 0, not over axis 1 (those of dZ_out).",
        ),
    ],
)
def test_a_shape_is_put_right_given_the_earlier_lines_where_these_are_wrong(claims: dict[str, str], hint: str) -> None:
    found = report("mlp", claims)
    last = found[list(claims)[-1]]
    assert found["dZ_out"].verdict == "PROPORTIONAL" and last.verdict == "SHAPE"
    assert last.hints == (hint,)


def test_what_holds_for_one_number_of_rows_alone_is_no_hint() -> None:
    """With N = 5 the claim is right, with N = 2 a division by N - 1 is none: both were points."""
    wrong = LAYER.replace("MEAN1", MEAN1).replace("MEAN2", MEAN2.replace("mean(", "1/(N - 1)*sum("))
    found = report("layer", {**BATCH, "dZ_fc": wrong})["dZ_fc"]
    assert (found.verdict, found.hints) == ("REFUTED", ())


def test_a_term_of_a_value_that_is_learnt_by_nobody_is_no_penalty() -> None:
    found = report("summed", {"dZ_out": "-2*t"})["dZ_out"]
    assert found.verdict == "REFUTED" and not any("penalty" in hint for hint in found.hints)


def test_of_a_value_of_the_forward_pass_nothing_is_said_of_the_loss() -> None:
    found = report("batch", {"mu_n": "sum(Z_fc, axis=0)"})["mu_n"]
    assert found.hints == ("Consistent with a factor N too many, or a missing 1/N: yours = N*ours.",)


# -- functions -------------------------------------------------------------------------------------------------------

NORM = """import numpy as np
INPUTS = {"x": ("N", "D"), "g": ("D",), "t": ("N", "D")}
def loss(x, g, t):
    v = ((x - x.mean(0))**2).mean(0)
    return np.mean((g*(x - x.mean(0))/np.sqrt(v + 1e-3) - t)**2)
def grads(x, g, t):
    n, d = x.shape
    v = ((x - x.mean(0))**2).sum(0)/n
    h = (x - x.mean(0))/np.sqrt(v + 1e-3)
    dh = 2*(g*h - t)/(n*d)*g
    return {"x": (dh - dh.mean(0) - h*(dh*h).mean(0))/np.sqrt(v + 1e-3)}
"""
HEAD = """import numpy as np
INPUTS = {"Q": ("T", "D"), "K": ("T", "D"), "V": ("T", "D"), "t": ("T", "D")}
def softmax(S):
    E = np.exp(S - S.max(1, keepdims=True))
    return E/E.sum(1, keepdims=True)
def loss(Q, K, V, t):
    return ((softmax(Q @ K.T/2) @ V - t)**2).sum()/2
def grads(Q, K, V, t):
    A = softmax(Q @ K.T/2)
    dO = A @ V - t
    dA = dO @ V.T
    dS = A*(dA - (A*dA).sum(1, keepdims=True))
    return {"Q": dS @ K/2, "K": dS.T @ Q/2, "V": A.T @ dO}
"""
HUBER = """import numpy as np
INPUTS = {"X": ("N", "D"), "y": ("N",), "w": ("D",)}
def loss(X, y, w):
    a = np.abs(X @ w - y)
    return np.mean(np.where(a <= 0.7, a * a / 2, 0.7 * (a - 0.35)))
def grads(X, y, w):
    r = X @ w - y
    psi = np.where(np.abs(r) <= 0.7, r, 0.7 * np.sign(r))
    return {"w": X.T @ psi / len(y)}
"""
DIAGONAL = "A*(dA - sum(A*dA, axis=1)[:, None]) stands in place of A*(1 - A)*dA, its diagonal alone."
FUNCTIONS = (
    (NORM, "sum(0)/n", "sum(0)/(n - 1)", "x", "Yours is right if in v, N stands in place of N - 1."),
    (
        NORM,
        "h = (x - x.mean(0))/np.sqrt(v + 1e-3)",
        "h = (x - x.mean(0))/np.sqrt(v)",
        "x",
        "Yours is right if in h, v + 0.001 stands in place of v.",
    ),
    (HEAD, "dA - (A*dA).sum(1, keepdims=True)", "(1 - A)*dA", "Q", f"Yours is right if in dS, {DIAGONAL}"),
    (HEAD, "dS.T @ Q", "dS @ Q", "K", "Yours equals ours if dS is transposed."),
    (HUBER, "0.7 * np.sign", "np.sign", "w", "Yours is right if in psi, 7*sign(r)/10 stands in place of sign(r)."),
    (HEAD, "A.T @ dO", "A @ dO", "V", "Yours is right if in dV, A is transposed."),
)


@pytest.mark.parametrize(("text", "old", "new", "name", "hint"), FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_an_edit_of_a_function_is_named(tmp_path: Path, text: str, old: str, new: str, name: str, hint: str) -> None:
    right, wrong = tmp_path / "right.py", tmp_path / "wrong.py"
    right.write_text(text)
    wrong.write_text(text.replace(old, new))
    assert text.count(old) == 1
    assert symprop.verify(None, str(right))[name].verdict.startswith("PROVED")
    found = symprop.verify(None, str(wrong))[name]
    assert (found.verdict, found.hints) == ("REFUTED", (hint,))
