"""Gradients as functions: proved where they are right, refuted where they are wrong, and never believed unseen."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import symprop
from symprop.cli import run
from symprop.errors import ClaimError, UndecidedError
from symprop.verification import Report, verify

HERE = Path(__file__).parent / "functions"
RIGHT = {
    "two_layers": ["W1", "b1", "W2", "b2"],
    "batch_norm": ["X", "g", "b"],
    "layer_norm": ["X", "g", "b"],
    "elman": ["Wx", "Wh", "b"],
    "embedding": ["E"],
    "attention": ["Q", "K", "V"],
    "convolution": ["w", "x"],
    "one_hot": ["W"],
    "logistic": ["w"],
}
LOOPS = {"cbow": ("K=4",)}
WRONG = [
    ("two_layers", "(1 - H**2)", "(1 - H)", {"W1": "REFUTED", "b1": "REFUTED", "W2": "PROVED", "b2": "PROVED"}),
    ("two_layers", "dS = P / X.shape[0]", "dS = P", dict.fromkeys(["W1", "b1", "W2", "b2"], "PROPORTIONAL")),
    ("two_layers", "dZ.sum(axis=0)", "dZ.sum(axis=0, keepdims=True)", {"b1": "SHAPE", "W1": "PROVED"}),
    ("batch_norm", " - dx.mean(axis=0)", "", {"X": "REFUTED", "g": "PROVED"}),
    ("batch_norm", "(dx * xhat).mean(axis=0)", "dx.mean(axis=0) * xhat.mean(axis=0)", {"X": "REFUTED"}),
    ("layer_norm", "- d.sum(1, keepdims=True)", "", {"X": "REFUTED", "g": "PROVED"}),
    (
        "layer_norm",
        "s = np.sqrt(X.var(axis=-1, keepdims=True) + 1e-5)",
        "s = X.std(axis=-1, keepdims=True)",
        {"X": "REFUTED"},
    ),
    ("elman", "dh = R[t] + dnext", "dh = R[t]", {"Wx": "REFUTED", "Wh": "REFUTED", "b": "REFUTED"}),
    ("attention", "- (dA * A).sum(axis=1, keepdims=True)", "", {"Q": "REFUTED", "K": "REFUTED", "V": "PROVED"}),
    ("convolution", "conv(R, w[::-1])", "conv(R, w)", {"x": "REFUTED", "w": "PROVED"}),
    ("one_hot", "(softmax(X @ W) - Y)", "(Y - softmax(X @ W))", {"W": "PROPORTIONAL"}),
    ("logistic", "+ lam * w}", "}", {"w": "REFUTED"}),
]


def report(folder: Path, text: str, timeout: float = 60.0) -> Report:
    place = folder / "hand.py"
    place.write_text(text)
    return verify(None, place, timeout)


def text_of(name: str) -> str:
    return (HERE / f"{name}.py").read_text()


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_are_proved(name: str) -> None:
    found = verify(None, HERE / f"{name}.py")
    assert {v.name: v.verdict for v in found.claims} == dict.fromkeys(RIGHT[name], "PROVED")
    assert found.ok and {v.extents for v in found.claims} == {"all"}


@pytest.mark.parametrize("name", LOOPS)
def test_right_gradients_by_loops_are_proved_for_their_extents(name: str) -> None:
    found = verify(None, HERE / f"{name}.py")
    assert {v.verdict for v in found.claims} == {"PROVED"}
    assert {v.extents for v in found.claims} == {LOOPS[name]}


def test_what_the_loss_leaves_for_grads_is_not_traced() -> None:
    (verdict,) = verify(None, HERE / "cache.py").claims
    assert verdict.verdict == "AGREES" and "grads raises KeyError: 'z'" in verdict.reason


@pytest.mark.parametrize(("name", "before", "after", "verdicts"), WRONG, ids=[f"{w[0]}-{w[2][:20]}" for w in WRONG])
def test_wrong_gradients_are_not(name: str, before: str, after: str, verdicts: dict[str, str], tmp_path: Path) -> None:
    text = text_of(name)
    assert text.count(before) == 1
    found = report(tmp_path, text.replace(before, after))
    assert {n: found[n].verdict for n in verdicts} == verdicts
    assert found.exit_code == 1


def test_duplicate_tokens_must_accumulate(tmp_path: Path) -> None:
    text = text_of("embedding").replace("np.add.at(dE, tok, spread / tok.shape[1])", "dE[tok] += spread / tok.shape[1]")
    (verdict,) = report(tmp_path, text).claims
    assert verdict.verdict == "REFUTED"
    assert "this may name one entry twice, and NumPy then keeps only one of the values" in verdict.reason


def test_a_factor_is_named(tmp_path: Path) -> None:
    found = report(tmp_path, text_of("two_layers").replace("dS = P / X.shape[0]", "dS = P"))
    assert {v.ratio for v in found.claims} == {"N"}


def test_rows_that_need_not_sum_to_1_are_not_taken_for_granted(tmp_path: Path) -> None:
    found = report(tmp_path, text_of("softmax_regression"))
    assert found["W"].verdict == "REFUTED"
    hint = "It holds where the rows of T sum to 1; say so by inputs(rng), or in INPUTS: "
    assert found["W"].hints[0] == hint + '"T": {"shape": (\'N\', \'C\'), "rows_sum_to_1": True}.'
    declared = text_of("softmax_regression").replace(
        '"T": ("N", "C")', '"T": {"shape": ("N", "C"), "rows_sum_to_1": True}'
    )
    right = report(tmp_path, declared)
    assert right["W"].verdict == "PROVED"
    assert right["W"].assumptions


def test_a_loop_over_the_batch_is_for_its_extents_alone(tmp_path: Path) -> None:
    text = """
import numpy as np
INPUTS = {"X": ("N", "D"), "w": ("D",), "t": ("N",)}
def loss(X, w, t):
    return 0.5 * np.sum((X @ w - t) ** 2)
def grads(X, w, t):
    d = np.zeros_like(w)
    for n in range(X.shape[0]):
        d += (X[n] @ w - t[n]) * X[n]
    return {"w": d}
"""
    found = report(tmp_path, text)
    assert found["w"].verdict == "PROVED"
    assert found["w"].extents == ("N=3",)
    assert "w      PROVED   for N=3 and every D" in str(found)


def test_a_number_in_the_code_is_no_extent(tmp_path: Path) -> None:
    """Right for 3 rows alone, which is what the code is looked at with if nothing is said."""
    text = """
import numpy as np
INPUTS = {"X": ("N", "D"), "w": ("D",)}
def loss(X, w):
    return np.mean((X @ w) ** 2)
def grads(X, w):
    return {"w": 2 * X.T @ (X @ w) / 3}
"""
    assert report(tmp_path, text)["w"].verdict in ("REFUTED", "PROPORTIONAL")


def test_a_changed_input_is_flagged(tmp_path: Path) -> None:
    text = """
import numpy as np
INPUTS = {"X": ("N", "D"), "w": ("D",), "t": ("N",)}
def loss(X, w, t):
    return ((X @ w - t) ** 2).mean()
def grads(X, w, t):
    t -= X @ w
    return {"w": -2 * X.T @ t / len(t)}
"""
    found = report(tmp_path, text)
    assert found["w"].verdict == "PROVED" and found["w"].flags == ("IMPURE",)
    assert "IMPURE: the functions change their inputs (t); each was given copies." in str(found)


BRANCH = """
import numpy as np
INPUTS = {"X": ("N", "D"), "w": ("D",), "t": ("N",)}
def loss(X, w, t):
    return ((X @ w - t) ** 2).mean()
def grads(X, w, t):
    r = X @ w - t
    if r.sum() > 0:
        r = r * 1.0
    return {"w": 2 * X.T @ r / len(t)}
"""
WITHOUT = """
import numpy as np
INPUTS = {"X": ("N", "D"), "w": ("D",), "t": ("N",)}
def loss(X, w, t):
    return sum(float(v) ** 2 for v in sorted((X @ w - t).tolist())) / len(t)
def grads(X, w, t):
    r = X @ w - t
    return {"w": 2 * X.T @ r / len(t), "X": 2 * np.outer(r, w) / len(t)}
"""


def test_gradients_that_cannot_be_traced_are_compared_in_numbers(tmp_path: Path) -> None:
    found = report(tmp_path, BRANCH)
    assert found["w"].verdict == "AGREES"
    assert found["w"].evidence is not None and found["w"].evidence.digits == "float64"
    reason = "The code was run, not traced: hand.py:8: a condition needs the numbers of an array"
    assert f"{reason}, which depend on the inputs." in found["w"].reason
    assert found.exit_code == 5


def test_a_loss_that_cannot_be_traced_is_differenced(tmp_path: Path) -> None:
    found = report(tmp_path, WITHOUT)
    assert [v.verdict for v in found.claims] == ["AGREES", "AGREES"]
    assert "hand.py:5: an array's 'tolist' cannot be traced" in found["w"].reason
    assert found.as_json()["claims"][0]["evidence"]["digits"] == "float64"


@pytest.mark.parametrize(
    ("before", "after", "verdict", "ratio"),
    [
        ('"w": 2 * X.T @ r / len(t)', '"w": X.T @ r', "PROPORTIONAL", "N/2"),
        ('"w": 2 * X.T @ r / len(t)', '"w": 2 * X.T @ abs(r) / len(t)', "REFUTED", ""),
        ('"w": 2 * X.T @ r / len(t)', '"w": 2 * (X.T @ r / len(t))[:, None]', "SHAPE", ""),
        ('"w": 2 * X.T @ r / len(t)', '"w": 2 * X.T @ np.log(r - r) / len(t)', "NOT EVALUABLE", ""),
        ('"w": 2 * X.T @ r / len(t)', '"w": 2.0001 * X.T @ r / len(t)', "REFUTED", ""),
    ],
)
@pytest.mark.parametrize("text", [BRANCH, WITHOUT], ids=["grads", "loss"])
def test_wrong_numbers_are_refuted(
    text: str, before: str, after: str, verdict: str, ratio: str, tmp_path: Path
) -> None:
    found = report(tmp_path, text.replace(before, after))["w"]
    assert (found.verdict, found.ratio) == (verdict, ratio)


def test_a_zero_truth_is_vacuous_in_numbers_too(tmp_path: Path) -> None:
    text = WITHOUT.replace("sum(float(v) ** 2", "0 * sum(float(v) ** 2").replace('"w": 2 *', '"w": 0 *')
    assert report(tmp_path, text)["w"].verdict == "VACUOUS"


@pytest.mark.parametrize(("value", "verdict"), [("0.0 * b", "VACUOUS"), ("b", "REFUTED")])
def test_what_the_loss_does_not_depend_on_has_a_zero_gradient(value: str, verdict: str, tmp_path: Path) -> None:
    text = HEAD.replace('"w"', '"b": ("D",), "w"') + LOSS.replace("X, w", "X, w, b") + GRADS.replace("X, w", "X, w, b")
    found = report(tmp_path, text.replace("X.sum(0)}", f"X.sum(0), 'b': {value}}}"))
    assert {v.name: v.verdict for v in found.claims} == {"w": "PROVED", "b": verdict}
    assert "hand.py:3: the loss does not depend on b." in found["b"].reason


HEAD = 'import numpy as np\nINPUTS = {"X": ("N", "D"), "w": ("D",)}\n'
LOSS = "def loss(X, w):\n    return (X @ w).sum()\n"
GRADS = "def grads(X, w):\n    return {'w': X.sum(0)}\n"
FAULTS = {
    "syntax": ("def loss(:\n", "hand.py:1:10: this is no Python: invalid syntax"),
    "import": ("import nummpy\n", "hand.py:1: the file raises ModuleNotFoundError: No module named 'nummpy'"),
    "no grads": (HEAD + LOSS, "hand.py: there is no function 'grads'; expected def grads(...)"),
    "another name": (
        HEAD + LOSS + GRADS.replace("grads", "grad"),
        "hand.py: there is no function 'grads'; expected def grads(...). Did you mean 'grad'?",
    ),
    "no loss": (HEAD + GRADS, "hand.py: there is no function 'loss'; expected def loss(...)"),
    "no inputs": (
        LOSS + GRADS,
        'hand.py: the inputs are not declared; expected INPUTS = {"X": ("N", "D"), ...}, names of extents or whole '
        "numbers, or def inputs(rng)",
    ),
    "raises": (
        HEAD + LOSS.replace("(X @ w).sum()", "1 / 0") + GRADS,
        "hand.py:4: loss raises ZeroDivisionError: division by zero",
    ),
    "shapes": (
        HEAD + LOSS + GRADS.replace("X.sum(0)", "X @ X"),
        "hand.py:6: grads raises ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0, with "
        "gufunc signature (n?,k),(k,m?)->(n?,m?) (size 3 is different from 5)",
    ),
    "argument": (
        HEAD + LOSS.replace("(X, w)", "(X, v)") + GRADS,
        "hand.py:3: loss: argument 'v' is no input; expected X, w",
    ),
    "key": (HEAD + LOSS + GRADS.replace("'w'", "'q'"), "hand.py:5: grads: 'q' is no input; expected keys among X, w"),
    "a vector": (
        HEAD + LOSS.replace(".sum()", "") + GRADS,
        "hand.py:3: loss returns an array of shape (3,); expected one number",
    ),
    "nothing": (HEAD + LOSS.replace("return ", "") + GRADS, "hand.py:3: loss returns NoneType; expected one number"),
    "no dictionary": (
        HEAD + LOSS + GRADS.replace("{'w': X.sum(0)}", "X.sum(0)"),
        "hand.py:5: grads returns ndarray; expected a dictionary of gradients by the name of the input. "
        'Write return {"w": ...}.',
    ),
    "a short tuple": (
        HEAD + LOSS + GRADS.replace("{'w': X.sum(0)}", "(X.sum(0),)"),
        'hand.py:5: grads returns 1 values for 2 arguments; expected a dictionary. Write return {"w": ...}.',
    ),
    "an extent of 0": (
        HEAD.replace('("D",)', "(0,)") + LOSS + GRADS,
        "hand.py: INPUTS['w']: 0 is no extent; expected a name such as 'N', or a whole number",
    ),
    "an unknown option": (
        HEAD.replace('("D",)', '{"shape": "D", "hot": 1}') + LOSS + GRADS,
        "hand.py: INPUTS['w']: expected a shape, or a mapping of shape, below, one_hot, rows_sum_to_1, "
        "values, low, top",
    ),
    "an extent and an input": (
        HEAD.replace('"w": (', '"D": (') + LOSS + GRADS,
        "hand.py: INPUTS['D']: this is the name of an extent and of an input",
    ),
    "two declarations": (
        HEAD + LOSS + GRADS + "def inputs(rng):\n    return {}\n",
        "hand.py: both INPUTS and inputs(rng) are there; expected one of them",
    ),
    "nothing drawn": (
        "def inputs(rng):\n    return {}\n" + LOSS + GRADS,
        "hand.py:1: inputs: expected a dictionary of arrays, with the same names every time",
    ),
    "labels": (
        HEAD.replace('("D",)', '{"shape": "D", "below": 3}') + LOSS + GRADS,
        "hand.py:5: grads: 'w': w holds labels, which have no gradient",
    ),
    "not finite": (
        HEAD + LOSS.replace("(X @ w)", "np.log(-X**2)") + GRADS,
        "hand.py:3: loss is nan for random inputs; expected a finite number. Say what values the inputs have: draw "
        'them in inputs(rng), or give "low" and "top" in INPUTS.',
    ),
    "the loss's name": (
        HEAD.replace('"w": (', '"L": (') + LOSS + GRADS,
        "hand.py: INPUTS['L']: 'L' is the name of the loss. Choose another name.",
    ),
    "twice": (
        HEAD + LOSS + GRADS.replace("{'w': X.sum(0)}", "{'w': X.sum(0), 'dw': X.sum(0)}"),
        "hand.py:5: grads: the gradient of 'w' is given twice",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_the_file_is_one_line(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ClaimError) as caught:
        report(tmp_path, text)
    assert str(caught.value) == sentence


def test_a_fault_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hand.py").write_text(HEAD + LOSS)
    assert run(["verify", str(tmp_path / "hand.py")]) == 2
    caught = capsys.readouterr()
    assert caught.out == "" and "there is no function 'grads'" in caught.err and "Traceback" not in caught.err


@pytest.mark.parametrize(
    "text", ["while True:\n    pass\n", HEAD + LOSS.replace("return", "while True: pass\n    return") + GRADS]
)
def test_an_endless_loop_ends_in_time(text: str, tmp_path: Path) -> None:
    with pytest.raises(UndecidedError) as caught:
        report(tmp_path, text, timeout=0.5)
    assert "did not end within 0." in str(caught.value) and str(caught.value).startswith("hand.py:")


def test_what_the_code_prints_stays_out_of_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = HEAD + LOSS.replace("return", "print('here')\n    return") + GRADS
    (tmp_path / "hand.py").write_text(text)
    assert run(["verify", str(tmp_path / "hand.py"), "--json"]) == 0
    caught = capsys.readouterr()
    assert json.loads(caught.out)["claims"][0]["verdict"] == "PROVED"
    assert "here" in caught.err


def test_nothing_is_written_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("import numpy as np\ndef total(x):\n    return np.sum(np.tanh(x))\n")
    text = "from other import total\n" + HEAD + "def loss(X, w):\n    return total(X @ w)\n"
    text += "def grads(X, w):\n    return {'w': X.T @ (1 - np.tanh(X @ w) ** 2)}\n"
    assert report(tmp_path, text)["w"].verdict == "PROVED"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["hand.py", "other.py"]


# -- beside a network -----------------------------------------------------------------------------------------------

EXAMPLES = sorted(p.stem for p in Path("examples/claims").glob("*.py"))


def test_every_example_has_its_functions() -> None:
    assert sorted({p.stem for p in Path("examples").glob("*.yaml")}) == EXAMPLES


LONG = ("characters_lstm", "digits_cnn")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow if n in LONG else ()) for n in EXAMPLES]
)
def test_the_examples_are_proved(name: str) -> None:
    found = symprop.verify(f"examples/{name}.yaml", f"examples/claims/{name}.py", timeout=600)
    assert {v.verdict for v in found.claims} == {"PROVED"}
    assert found.ok


def test_a_loop_over_the_batch_beside_a_network(tmp_path: Path) -> None:
    text = """
import numpy as np
def grads(x, y, A_out, W_out):
    d = np.zeros(W_out.shape)
    for i in range(len(x)):
        d += np.outer(x[i], A_out[i] - y[i]) / len(x)
    return {"W_out": d + 2e-3 * W_out, "dZ_out": (A_out - y) / len(x)}
"""
    (tmp_path / "hand.py").write_text(text)
    found = symprop.verify("examples/breast_cancer.yaml", tmp_path / "hand.py")
    assert {v.name: v.verdict for v in found.given} == {"W_out": "PROVED", "dZ_out": "PROVED"}
    assert found["W_out"].extents == ("N=3",)
    assert found["db_out"].verdict == "NOT CHECKED"


def test_an_unknown_gradient_beside_a_network(tmp_path: Path) -> None:
    (tmp_path / "hand.py").write_text("def grads(x):\n    return {'W_oot': x}\n")
    with pytest.raises(ClaimError) as caught:
        symprop.verify("examples/breast_cancer.yaml", tmp_path / "hand.py")
    expected = "hand.py:1: grads: 'W_oot' is no gradient and no tensor of the network. Did you mean 'dW_out'?"
    assert str(caught.value) == expected


def test_a_loss_and_a_network_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "hand.py").write_text(HEAD + LOSS + GRADS)
    with pytest.raises(ClaimError) as caught:
        symprop.verify("examples/breast_cancer.yaml", tmp_path / "hand.py")
    sentence = "hand.py: there are a loss and a network; expected one of them. Leave out --net, or the function loss."
    assert str(caught.value) == sentence


def test_loops_too_long_to_be_derived_are_compared_in_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("symprop.verification.functions.traced.DERIVING", 1e-6)
    text = """
import numpy as np
def inputs(rng):
    return {"X": rng.normal(size=(20, 4)), "y": rng.integers(0, 3, 20), "W": rng.normal(size=(4, 3))}
def loss(X, y, W):
    total = 0.0
    for i in range(len(X)):
        s = X[i] @ W
        total += np.log(np.sum(np.exp(s))) - s[y[i]]
    return total / len(X)
def grads(X, y, W):
    P = np.exp(X @ W)
    P /= P.sum(axis=1, keepdims=True)
    P[np.arange(len(y)), y] -= 1
    return {"W": X.T @ P / len(X)}
"""
    found = report(tmp_path, text)
    assert found["W"].verdict == "AGREES"
    assert "hand.py:5: its equations for N=20 are too large to be derived" in found["W"].reason


def test_a_mistake_that_reads_an_input_in_place_of_an_intermediate_is_refuted(tmp_path: Path) -> None:
    """The hints try names of inputs as well, which no equation defines; v stands for its root."""
    (tmp_path / "norm.py").write_text("""
import numpy as np
INPUTS = {"x": ("N", "D"), "dy": ("N", "D")}
def loss(x, dy):
    m = x.mean(-1, keepdims=True)
    v = ((x - m)**2).mean(-1, keepdims=True)
    return (dy*((x - m)/np.sqrt(v + 1e-5))).sum()
def grads(x, dy):
    m = x.mean(-1, keepdims=True)
    v = ((x - m)**2).mean(-1, keepdims=True)
    h = (x - m)/np.sqrt(v + 1e-5)
    return {"x": (dy - dy.mean(-1, keepdims=True) - h*(dy*h).mean(-1, keepdims=True))/v}
""")
    found = symprop.verify(None, tmp_path / "norm.py")
    assert [v.verdict for v in found.given] == ["REFUTED"]


AVERAGES = """
import numpy as np
from scipy.special import expit, log_expit
INPUTS = {"X": ("N", "D"), "s": ("N",), "w": ("D",)}
def loss(X, s, w):
    return -np.average(log_expit(X @ w), weights=s * s) + np.average(w * w)
def grads(X, s, w):
    r = s * s / np.sum(s * s)
    return None, None, -X.T @ (r * (1 - expit(X @ w))) + FACTOR * w / len(w)
"""


def test_averages_the_logarithm_of_a_sigmoid_and_gradients_that_are_not_given(tmp_path: Path) -> None:
    found = report(tmp_path, AVERAGES.replace("FACTOR", "2"))
    assert [(v.name, v.verdict) for v in found.given] == [("w", "PROVED")]
    assert report(tmp_path, AVERAGES.replace("FACTOR", "1"))["w"].verdict == "REFUTED"


def test_gradients_of_nothing(tmp_path: Path) -> None:
    text = "INPUTS = {'x': ('N',)}\ndef loss(x):\n    return (x * x).sum()\ndef grads(x):\n    return (None,)\n"
    with pytest.raises(ClaimError) as caught:
        report(tmp_path, text)
    assert str(caught.value) == "hand.py:4: grads returns None for every input; expected a gradient"


def test_a_step_without_a_name_is_written_out_beside_the_difference(tmp_path: Path) -> None:
    text = """
import numpy as np
INPUTS = {"U": ("N", "D"), "V": ("N", "D")}
def loss(U, V):
    S = U @ V.T
    return (np.log(np.exp(S).sum(1)) - np.diag(S)).sum()
def grads(U, V):
    E = np.exp(U @ V.T)
    P = E / E.sum(1, keepdims=True)
    return {"U": (P - np.eye(len(U))) @ V, "V": (P - np.eye(len(U))).T @ U / len(U)}
"""
    found = report(tmp_path, text)
    assert found["U"].verdict == "PROVED" and found["V"].verdict == "PROPORTIONAL"
    names = set(re.findall(r"step\d+", found["V"].difference))
    assert all(f"; {name} is " in found["V"].difference for name in names)
    assert names and "P" in found["V"].difference.partition(" is ")[2]


RIDGE = """
import numpy as np
def inputs(rng):
    n = int(rng.integers(4, 8))
    return {"X": rng.normal(size=(n, 3)), "y": rng.normal(size=n), "w": rng.normal(size=3), "lam": LAM, "power": 2}
def loss(X, y, w, lam, power):
    return ((X @ w - y) ** power).sum() + lam * w @ w
def grads(X, y, w, lam, power):
    return {"w": 2 * X.T @ (X @ w - y) + PENALTY}
"""


@pytest.mark.parametrize("number", ["0.0", "1.0", "-2.5"])
@pytest.mark.parametrize(
    ("penalty", "verdict"), [("2 * lam * w", "PROVED"), ("2 * lam ** 2 * w", "REFUTED"), ("0 * w", "REFUTED")]
)
def test_a_number_that_is_always_the_same_is_a_variable(
    tmp_path: Path, number: str, penalty: str, verdict: str
) -> None:
    found = report(tmp_path, RIDGE.replace("LAM", number).replace("PENALTY", penalty))["w"]
    assert found.verdict == verdict
    if verdict == "PROVED":
        assert found.assumptions == ("power is 2, as inputs(rng) gives it every time",)


def test_a_number_that_the_code_needs_is_assumed(tmp_path: Path) -> None:
    text = RIDGE.replace("LAM", "0.5").replace("PENALTY", "(w if lam > 0 else 0 * w)")
    found = report(tmp_path, text)["w"]
    assert found.verdict == "PROVED"
    assert "lam is 0.5, as inputs(rng) gives it every time" in found.assumptions


def test_a_number_of_the_inputs_may_be_learnt(tmp_path: Path) -> None:
    text = RIDGE.replace("LAM", "0.0").replace("PENALTY", "2 * lam * w").replace('"w": 2', '"lam": w @ w, "w": 2')
    assert {v.name: v.verdict for v in report(tmp_path, text).given} == {"lam": "PROVED", "w": "PROVED"}


THRESHOLDS = {
    "a minimum": ("minimum(x, 2)", "ones_like(x)"),
    "a large threshold": ("where(abs(x) <= 1000, x * x / 2, 1000 * (abs(x) - 500))", "x"),
    "a small threshold": ("where(abs(x) <= 0.3, x * x / 0.6, abs(x) - 0.15)", "sign(x)"),
    "a threshold of the claim": ("x * x", "2 * np.minimum(x, 50)"),
    "a cut-off": (
        "where(x > 20, x, np.log(1 + np.exp(np.minimum(x, 20))))",
        "1 / (1 + np.exp(-x))",
    ),
}


@pytest.mark.parametrize(("loss", "claim"), THRESHOLDS.values(), ids=THRESHOLDS)
def test_what_is_wrong_beyond_a_threshold_is_refuted(tmp_path: Path, loss: str, claim: str) -> None:
    names = "import numpy as np\nfrom numpy import abs, minimum, ones_like, sign, where\n"
    text = f"def loss(x):\n    return np.sum({loss})\ndef grads(x):\n    return {{'x': {claim}}}\n"
    assert report(tmp_path, f"{names}INPUTS = {{'x': (4,)}}\n{text}")["x"].verdict == "REFUTED"


def test_a_difference_below_the_rounding_of_doubles_suggests_no_convention(tmp_path: Path) -> None:
    text = "import numpy as np\nINPUTS = {'x': (4,)}\ndef loss(x):\n    return np.sum(np.sin(x))\n"
    found = report(tmp_path, f"{text}def grads(x):\n    return {{'x': np.cos(x) + 1e-13}}\n")
    assert found["x"].verdict == "REFUTED" and found.conventions.right_under == ()


def test_what_is_proved_for_one_extent_is_not_said_to_be_right_for_all(tmp_path: Path) -> None:
    text = """
import numpy as np
INPUTS = {"X": ("N", "D"), "w": ("D",)}
def loss(X, w):
    return np.mean((X @ w) ** 2)
def grads(X, w):
    return {"w": 2 * X.T @ (X @ w) / min(X.shape[0], 12)}
"""
    assert str(report(tmp_path, text)).splitlines()[-1] == "The claim is right, for N=3 and every D."


def test_a_claim_without_a_value_where_the_truth_has_one_does_not_agree(tmp_path: Path) -> None:
    text = "import numpy as np\nINPUTS = {'x': ('N',)}\ndef loss(x):\n    return np.sum(x * np.log(x**2))\n"
    found = report(tmp_path, f"{text}def grads(x):\n    return {{'x': 2 * np.log(x) + 2}}\n")["x"]
    assert found.verdict == "NOT EVALUABLE" and found.reason.endswith("points tried, where the truth is one.")


LABELS = """
import numpy as np
def inputs(rng):
    return {"X": rng.normal(size=(5, 3)), "y": DRAWN, "w": rng.normal(size=3)}
def loss(X, y, w):
    p = 1 / (1 + np.exp(-X @ w))
    return -np.mean(np.log(np.where(CONDITION, p, 1 - p)))
def grads(X, y, w):
    p = 1 / (1 + np.exp(-X @ w))
    return {"w": X.T @ (CLAIM) / len(y)}
"""
DRAWS = {
    "whole numbers": ("rng.integers(0, 2, size=5)", "y == 1", "p - y", ()),
    "whole numbers, the other label": ("rng.integers(0, 2, size=5)", "y != 0", "p - y * y", ()),
    "whole numbers, not the other label": ("rng.integers(0, 2, size=5)", "~(y == 0)", "p - y", ()),
    "real numbers": ("rng.integers(0, 2, size=5).astype(float)", "y == 1", "p - y", ("entries of y are 0 or 1",)),
    "a sign": ("rng.choice([-1.0, 1.0], size=5)", "y > 0", "p - (y + y**2) / 2", ("entries of y are -1 or 1",)),
}


@pytest.mark.parametrize(("drawn", "condition", "claim", "assumed"), DRAWS.values(), ids=DRAWS)
def test_labels_of_two_values(
    tmp_path: Path, drawn: str, condition: str, claim: str, assumed: tuple[str, ...]
) -> None:
    text = LABELS.replace("DRAWN", drawn).replace("CONDITION", condition)
    found = report(tmp_path, text.replace("CLAIM", claim))["w"]
    assert (found.verdict, found.assumptions) == ("PROVED", assumed)
    assert report(tmp_path, text.replace("CLAIM", f"{claim} + y / 9"))["w"].verdict == "REFUTED"


def test_values_are_declared_or_the_hint_says_how(tmp_path: Path) -> None:
    head = 'import numpy as np\nINPUTS = {"x": ("N",), "y": SHAPE}\n'
    text = head + "def loss(x, y):\n    return np.sum(np.where(y > 0, x**3, -(x**3)))\n"
    text += "def grads(x, y):\n    return {'x': 3 * y * x**2}\n"
    found = report(tmp_path, text.replace("SHAPE", '("N",)'))["x"]
    assert found.verdict == "REFUTED"
    assert found.hints[0] == (
        'It holds where the entries of y are -1 or 1; say so by inputs(rng), or in INPUTS: "y": '
        "{\"shape\": ('N',), \"values\": (-1, 1)}."
    )
    declared = text.replace("SHAPE", '{"shape": "N", "values": (-1, 1)}')
    assert report(tmp_path, declared)["x"].verdict == "PROVED"
    with pytest.raises(ClaimError) as caught:
        report(tmp_path, declared.replace("(-1, 1)", "(1, 1)"))
    assert str(caught.value).endswith("values: expected two whole numbers such as (0, 1), got (1, 1)")


def test_an_input_of_two_values_that_is_learnt_may_be_any_number(tmp_path: Path) -> None:
    text = """
import numpy as np
def inputs(rng):
    return {"y": rng.integers(0, 2, size=9).astype(float), "w": rng.normal(size=9)}
def loss(y, w):
    return np.sum(w**2 * y**2)
def grads(y, w):
    return {"y": 2 * w**2 * y**3, "w": 2 * w * y**2}
"""
    found = report(tmp_path, text)
    assert {v.name: v.verdict for v in found.given} == {"y": "REFUTED", "w": "PROVED"}


PROOFS = {
    "a deviation that divides by N - 1": (
        "np.sum(u * (x - x.mean(0)) / x.std(0, ddof=1))",
        "z = (x - x.mean(0)) / x.std(0, ddof=1); "
        "return {'x': (u - u.mean(0) - z * (u * z).sum(0) / (len(x) - 1)) / x.std(0, ddof=1)}",
    ),
    "a minimum of a quotient": (
        "np.sum(np.where(np.abs(x) <= 0.5, x**2 / 2, np.abs(x) / 2 - 0.125) * u)",
        "return {'x': u * x * np.minimum(1, 0.5 / np.abs(x))}",
    ),
    "entries repeated": ("np.sum(np.repeat(x, 3, axis=0) ** 2) + np.sum(np.tile(u, (2, 2)))", "return {'x': 6 * x}"),
}


@pytest.mark.parametrize(("loss", "body"), PROOFS.values(), ids=PROOFS)
def test_other_forms_are_proved(tmp_path: Path, loss: str, body: str) -> None:
    text = f"import numpy as np\nINPUTS = {{'x': ('N', 'D'), 'u': ('N', 'D')}}\ndef loss(x, u):\n    return {loss}\n"
    found = report(tmp_path, text + f"def grads(x, u):\n    {body}\n")["x"]
    assert found.verdict == "PROVED"
    wrong = body.replace("(len(x) - 1)", "len(x)").replace("0.5 /", "1 /").replace("6 *", "5 *")
    assert report(tmp_path, text + f"def grads(x, u):\n    {wrong}\n")["x"].verdict in ("REFUTED", "PROPORTIONAL")


LOOP = """
import numpy as np
INPUTS = {"x": ("N", 3, "D"), "h0": ("N", "H"), "W": ("D", "H"), "U": ("H", "H"), "V": ("H", "C"), "y": ("N", 3, "C")}
def forward(x, h0, W, U, V):
    h, hs, s = h0, [h0], []
    for t in range(3):
        h = np.tanh(x[:, t] @ W + h @ U)
        hs.append(h)
        s.append(h @ V)
    return hs, s
def loss(x, h0, W, U, V, y):
    s = forward(x, h0, W, U, V)[1]
    return sum(np.sum((s[t] - y[:, t]) ** 2) for t in range(3))
def grads(x, h0, W, U, V, y):
    hs, s = forward(x, h0, W, U, V)
    dh, dW, dU, dV = np.zeros_like(h0), np.zeros_like(W), np.zeros_like(U), np.zeros_like(V)
    for t in reversed(range(3)):
        ds = 2 * (s[t] - y[:, t])
        dV += hs[t + 1].T @ ds
        dz = (dh + ds @ V.T) * (1 - hs[t + 1] ** 2)
        dW += x[:, t].T @ dz
        dU += hs[t].T @ dz
        dh = dz @ U.T
    return {"W": dW, "U": dU, "V": dV, "h0": dh}
"""
STEPS = {
    "U": ("hs[t].T @", "hs[t + 1].T @", "Yours is right if dU reads h one step earlier: the time index is one off."),
    "V": ("hs[t + 1].T", "hs[t].T", "Yours is right if dV reads h and h0 one step later: the time index is one off."),
    "W": ("x[:, t].T", "x[:, t - 1].T", "Yours is right if dW reads x one step later: the time index is one off."),
}


def test_a_loop_through_time_is_proved(tmp_path: Path) -> None:
    assert {v.verdict for v in report(tmp_path, LOOP).given} == {"PROVED"}


@pytest.mark.parametrize("name", STEPS)
def test_a_time_index_that_is_one_off_in_a_loop_is_named(tmp_path: Path, name: str) -> None:
    before, after, hint = STEPS[name]
    found = report(tmp_path, LOOP.replace(before, after))
    verdicts = dict.fromkeys(["W", "U", "V", "h0"], "PROVED") | {name: "REFUTED"}
    assert {v.name: v.verdict for v in found.given} == verdicts
    assert hint in found[name].hints


DRAWN = """
import numpy as np
def inputs(rng):
    n, d = int(rng.integers(4, 7)), int(rng.integers(2, 4))
    return {"A": MADE, "X": rng.normal(size=(n, d)), "w": rng.normal(size=d)}
def loss(A, X, w):
    return LOSS
def grads(A, X, w):
    return {"w": CLAIM}
"""
AS_DRAWN = {
    "a mask of zeros and ones": (
        "(rng.random(n) < 0.5).astype(float)",
        "np.sum(np.where(A > 0, (X @ w) ** 3, 0))",
        "X.T @ (3 * (A > 0) * (X @ w) ** 2)",
        "X.T @ (3 * (X @ w) ** 2)",
    ),
    "ratings of which some are 0": (
        "rng.uniform(1, 5, n) * (rng.random(n) < 0.5)",
        "np.sum(np.where(A > 0, np.sin(X @ w), 0))",
        "X.T @ np.where(A > 0, np.cos(X @ w), 0)",
        "X.T @ np.cos(X @ w)",
    ),
    "labels of which one is rare": (
        "rng.integers(0, 10, n)",
        "np.sum(np.sin(X @ w) * np.where(A == 8, 2, 1))",
        "X.T @ (np.cos(X @ w) * np.where(A == 8, 2, 1))",
        "X.T @ np.cos(X @ w)",
    ),
    "whole numbers below 0": (
        "rng.choice([-1, 1], n)",
        "np.mean(np.logaddexp(0, -A * (X @ w)))",
        "-X.T @ (A / (1 + np.exp(A * (X @ w)))) / len(A)",
        "X.T @ (A / (1 + np.exp(A * (X @ w)))) / len(A)",
    ),
}


@pytest.mark.parametrize(("made", "loss", "right", "wrong"), AS_DRAWN.values(), ids=AS_DRAWN)
def test_a_claim_is_compared_at_what_is_drawn(tmp_path: Path, made: str, loss: str, right: str, wrong: str) -> None:
    text = DRAWN.replace("MADE", made).replace("LOSS", loss)
    assert report(tmp_path, text.replace("CLAIM", right))["w"].verdict == "PROVED"
    assert report(tmp_path, text.replace("CLAIM", wrong))["w"].verdict in ("REFUTED", "PROPORTIONAL")


def test_a_number_that_an_input_is_compared_with_is_met(tmp_path: Path) -> None:
    text = 'import numpy as np\nINPUTS = {"R": {"shape": ("N",), "low": 0}, "u": ("N",)}\n'
    text += "def loss(R, u):\n    return np.sum(np.where(R > 0, (R - u) ** 2, 0))\n"
    text += "def grads(R, u):\n    return {'u': 2 * (u - R)}\n"
    assert report(tmp_path, text)["u"].verdict == "REFUTED"


def test_what_holds_of_the_drawn_inputs_alone_is_said_to(tmp_path: Path) -> None:
    text = """
import numpy as np
def inputs(rng):
    n = int(rng.integers(3, 7))
    X = rng.normal(size=(n, 2))
    return {"K": X @ X.T, "a": rng.normal(size=n)}
def loss(K, a):
    return a @ K @ a / 2
def grads(K, a):
    return {"a": K @ a}
"""
    found = report(tmp_path, text)["a"]
    assert found.verdict == "REFUTED"
    assert found.hints[0].startswith("It is right at all that inputs(rng) draws: it rests on something")


def test_a_claim_without_a_value_at_what_is_drawn_does_not_agree(tmp_path: Path) -> None:
    text = DRAWN.replace("MADE", "rng.integers(0, 3, n).astype(float)").replace("LOSS", "np.sum(np.abs(A) * (X @ w))")
    found = report(tmp_path, text.replace("CLAIM", "X.T @ (A * A / A)"))["w"]
    assert found.verdict == "NOT EVALUABLE"
    assert found.reason == "It is no finite number at a point that inputs(rng) draws, where the truth is one."


def test_an_axis_that_always_has_one_entry_is_assumed_to(tmp_path: Path) -> None:
    text = """
import numpy as np
def inputs(rng):
    d = int(rng.integers(2, 5))
    return {"X": rng.normal(size=(1, d)), "w": rng.normal(size=d), "b": rng.normal(size=(1, 1))}
def loss(X, w, b):
    return np.mean((X @ w + b) ** 2)
def grads(X, w, b):
    return {"w": 2 * X.T @ (X @ w + b[0]), "b": 2 * (X @ w + b).reshape(1, 1)}
"""
    found = report(tmp_path, text)
    assumed = "axis 0 of X has one entry, as inputs(rng) draws it every time"
    assert [(v.verdict, v.assumptions) for v in found.given] == [("PROVED", (assumed,))] * 2


SCATTERED = """
import numpy as np
def inputs(rng):
    drawn = {name: rng.integers(0, 7, size=4) for name in ("i", "o")}
    return {"E": rng.normal(size=(7, 3)), "O": rng.normal(size=(7, 3)), **drawn}
def loss(E, O, i, o):
    return np.sum(np.log(1 + np.exp(-np.sum(O[o] * E[i], axis=1))))
def grads(E, O, i, o):
    g = -1 / (1 + np.exp(np.sum(O[o] * E[i], axis=1)))
    dE, dO = np.zeros_like(E), np.zeros_like(O)
    dO[o] += g[:, None] * E[i]
    np.add.at(dE, i, g[:, None] * O[o])
    return {"O": dO, "E": dE}
"""


def test_a_gradient_that_cannot_be_traced_costs_the_others_no_proof(tmp_path: Path) -> None:
    found = report(tmp_path, SCATTERED)
    assert [(v.name, v.verdict) for v in found.claims] == [("O", "REFUTED"), ("E", "PROVED")]
    assert "hand.py:11: this may name one entry twice" in found["O"].reason
    read = SCATTERED.replace("np.add.at(dE", "dE += 0 * dO[0, 0]\n    np.add.at(dE")
    assert {v.name: v.verdict for v in report(tmp_path, read).claims} == {"O": "REFUTED", "E": "AGREES"}
    wrong = SCATTERED.replace("g[:, None] * O[o])", "O[o])")
    assert {v.name: v.verdict for v in report(tmp_path, wrong).claims} == {"O": "REFUTED", "E": "REFUTED"}


def test_what_is_wrong_in_one_branch_is_not_blamed_on_a_value(tmp_path: Path) -> None:
    text = "import numpy as np\nINPUTS = {'x': ('N',)}\n"
    text += "def loss(x):\n    return np.sum(np.where(x > 5, x**2, np.log(1 + np.exp(np.minimum(x, 5)))))\n"
    found = report(tmp_path, text + "def grads(x):\n    return {'x': 1 / (1 + np.exp(-x))}\n")["x"]
    assert found.verdict == "REFUTED" and not any(hint.startswith("It is right") for hint in found.hints)


@pytest.mark.parametrize("made", ["np.full(9, rng.choice([0.0, 1.0]))", "rng.choice([3.0, 4.0], size=9)"])
def test_two_numbers_that_were_met_by_chance_are_no_others(tmp_path: Path, made: str) -> None:
    text = f"""
import numpy as np
def inputs(rng):
    return {{"y": {made}, "w": rng.normal(size=9)}}
def loss(y, w):
    return np.sum(np.where(y > 3.5, w**3, y * w**2))
def grads(y, w):
    return {{"w": np.where(y > 3.5, 3 * w**2, 2 * (7 * y - 12) / 3 * w) if {"full" not in made} else 2 * y**2 * w}}
"""
    assert report(tmp_path, text)["w"].verdict == "REFUTED"
