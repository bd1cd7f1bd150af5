"""Functions that cannot be traced: rare mistakes are found, and what does not repeat itself is not believed."""

from __future__ import annotations

import re
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pytest

from symprop.errors import ClaimError, UndecidedError
from symprop.frontends.tracing import trace
from symprop.frontends.tracing.userfile import load
from symprop.language import Extent, Tensor
from symprop.verification import Report, verify
from symprop.verification.functions import numeric
from symprop.verification.functions.running import Runner
from symprop.verification.functions.slopes import directions, slopes
from symprop.verification.functions.varied import is_ordinary, varied
from symprop.verification.points import Point

HEAD = """
import random
import numpy as np
INPUTS = {"X": ("N", "D"), "w": ("D",), "t": ("N",)}
calls = [0]
"""
LOSS = """
def loss(X, w, t):
    return ((X @ w - t) ** 2).mean()
"""
# the same, but its numbers are asked for
RUN_LOSS = """
def loss(X, w, t):
    return float(sum(sorted(((X @ w - t) ** 2).tolist()))) / len(t)
"""
GRADS = """
def grads(X, w, t):
    calls[0] += 1
    r = X @ w - t
    g, h = 2 * X.T @ r / len(t), 2 * np.outer(r, w) / len(t)
    if CONDITION:
        CHANGE
    return {"w": g, "X": h}
"""
BOTH = pytest.mark.parametrize("loss", [LOSS, RUN_LOSS], ids=["traced loss", "run loss"])


def verified(folder: Path, text: str, timeout: float = 60.0, accept_agrees: bool = False) -> Report:
    place = folder / "hand.py"
    place.write_text(text)
    return verify(None, place, timeout, accept_agrees)


def grads(condition: str, change: str = "pass") -> str:
    return GRADS.replace("CONDITION", condition).replace("CHANGE", change)


# -- functions that do not repeat themselves ------------------------------------------------------------------------

TWICE = "gives different values on two calls with the same input."
UNSTEADY = {
    "noise": ("r[0] < 1e9", "g = g + 1e-13 * np.random.randn(len(g))"),
    "noise of Python": ("r[0] < 1e9", "g = g + 1e-12 * random.random()"),
    "a traced constant of Python": ("True", "g = g + 1e-12 * random.random()"),
    "every eleventh call": ("r[0] < 1e9 and calls[0] % 11 == 0", "g = 2 * g"),
    "every other call": ("r[0] < 1e9 and calls[0] % 2", "g = 2 * g"),
    "another key": ("r[0] < 1e9 and calls[0] % 2", "return {'X': h}"),
    "another shape": ("r[0] < 1e9 and calls[0] % 2", "g = g[:, None]"),
}


@BOTH
@pytest.mark.parametrize(("condition", "change"), UNSTEADY.values(), ids=UNSTEADY)
def test_gradients_that_do_not_repeat_are_not_evaluable(
    condition: str, change: str, loss: str, tmp_path: Path
) -> None:
    found = verified(tmp_path, HEAD + loss + grads(condition, change), accept_agrees=True)
    assert (found["w"].verdict, found["X"].verdict) == ("NOT EVALUABLE", "AGREES")
    assert found["w"].reason.startswith(f"It {TWICE}")
    assert found.exit_code == 5


LOSSES = {
    "noise": "((X @ w - t) ** 2).mean() + 1e-13 * np.random.rand()",
    "noise of Python": "((X @ w - t) ** 2).mean() + 1e-13 * random.random()",
    "every other call": "((X @ w - t) ** 2).mean() * (1 + calls.append(0) if len(calls) % 2 else 1)",
    "every ninth call": "((X @ w - t) ** 2).mean() * (1 if calls.append(0) or len(calls) % 9 else 2)",
}


@pytest.mark.parametrize("value", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("condition", ["False", "r[0] > 1e9"], ids=["traced grads", "run grads"])
def test_a_loss_that_does_not_repeat_has_no_gradient(value: str, condition: str, tmp_path: Path) -> None:
    value = value.replace("1 + calls.append(0)", "1 if calls.append(0) else 2")
    text = HEAD + f"def loss(X, w, t):\n    return {value}\n" + grads(condition)
    found = verified(tmp_path, text, accept_agrees=True)
    assert {v.verdict for v in found.claims} == {"NOT EVALUABLE"}
    assert all(v.reason.startswith(f"The loss {TWICE}") for v in found.claims)


KEPT = {
    "a seed of its own": ("r[0] < 1e9", "g = g + 0 * np.random.default_rng(3).normal(size=len(g))"),
    "what was computed before": ("r[0] < 1e9 and calls.append(g)", "pass"),
}


@pytest.mark.parametrize(("condition", "change"), KEPT.values(), ids=KEPT)
def test_what_repeats_may_draw_and_keep(condition: str, change: str, tmp_path: Path) -> None:
    found = verified(tmp_path, HEAD + LOSS + grads(condition, change))
    assert {v.verdict for v in found.claims} == {"AGREES"}


# -- rare branches --------------------------------------------------------------------------------------------------

RARE = {
    "a large residual": "abs(r).max() > 6",
    "a small input": "abs(X).max() < 0.3",
    "all weights positive": "(w > 0).all()",
    "all inputs negative": "(X < 0).all()",
    "one residual in a range": "1.0 < r[0] < 1.2",
    "a small weight": "abs(w).min() < 0.03",
    "more rows": "r[0] > 0 and len(t) > 4",
}


@BOTH
@pytest.mark.parametrize("condition", RARE.values(), ids=RARE)
def test_what_is_wrong_in_a_rare_branch_is_refuted(condition: str, loss: str, tmp_path: Path) -> None:
    found = verified(tmp_path, HEAD + loss + grads(condition, "g[1] = 0"))
    assert (found["w"].verdict, found["X"].verdict) == ("REFUTED", "AGREES")
    assert found["w"].differing is not None and found["w"].differing[0] == 1
    at, of = map(int, re.search(r"differ at (\d+) of (\d+) random points", found["w"].reason).groups())  # type: ignore
    assert at < of and f"{found['w'].target}[1] is 0 by your function" in found["w"].reason


@BOTH
def test_right_gradients_agree_at_a_hundred_points(loss: str, tmp_path: Path) -> None:
    found = verified(tmp_path, HEAD + loss + grads("r[0] > 1e9"))
    for verdict in found.claims:
        assert verdict.verdict == "AGREES" and verdict.evidence is not None and verdict.evidence.points == 100
        assert verdict.reason.startswith("It agrees with the truth at 100 random points in float64.")
    assert "AGREES   at 100 points, float64; not proved" in str(found)


@BOTH
def test_a_wrong_gradient_is_not_looked_at_again(loss: str, tmp_path: Path) -> None:
    found = verified(tmp_path, HEAD + loss + grads("r[0] < 1e9", "g = abs(g)"))["w"]
    assert found.verdict == "REFUTED" and found.evidence is not None and found.evidence.points == 4


def test_few_points_do_where_there_is_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numeric, "SHARE", 0.0)
    found = verified(tmp_path, HEAD + RUN_LOSS + grads("r[0] > 1e9"))["w"]
    assert found.reason.startswith("It agrees with the truth at 4 random points in float64.")


def test_inputs_that_are_drawn_are_drawn_again(tmp_path: Path) -> None:
    inputs = "def inputs(rng):\n    n = int(rng.integers(2, 7))\n    return {'X': rng.normal(size=(n, 3)), "
    inputs += "'w': rng.normal(size=3), 't': rng.normal(size=n), 'y': rng.integers(0, 4, n)}\n"
    text = re.sub(r"INPUTS = .*\n", "", HEAD) + inputs + LOSS.replace("w, t)", "w, t, y)") + grads("CONDITION")
    text = text.replace("grads(X, w, t)", "grads(X, w, t, y)")
    right = verified(tmp_path, text.replace("CONDITION", "y[0] > 9"))["w"]
    assert right.verdict == "AGREES" and right.evidence is not None and right.evidence.points == 100
    wrong = verified(tmp_path, text.replace("CONDITION", "y.sum() == 7 and r[0] > 1").replace("pass", "g[0] = 0"))["w"]
    assert wrong.verdict == "REFUTED"


def test_what_is_no_number_at_some_points_does_not_agree(tmp_path: Path) -> None:
    found = verified(tmp_path, HEAD + LOSS + grads("abs(r).max() > 3.5", "g = g * np.log(-abs(g))"))["w"]
    assert found.verdict == "NOT EVALUABLE"
    assert re.match(r"It is no finite number at \d+ of \d+ random points, where the truth is one\.", found.reason)


# what NumPy gives is rounded, has kinks, or saturates; the gradients are right
HARD = {
    "single precision": ("((X @ w - t) ** 2).astype(np.float32).mean()", "2 * X.T @ (X @ w - t) / len(t)"),
    "kinks": ("np.maximum(X @ w - t, 0).sum()", "X.T @ (X @ w > t)"),
    "sizes": ("np.abs(X @ w - t).sum()", "X.T @ np.sign(X @ w - t)"),
    "saturation": (
        "np.log(1 / (1 + np.exp(-(X @ w)))).sum()",
        "X.T @ ((1 - 1 / (1 + np.exp(-(X @ w)))) ** 2 / (1 - 1 / (1 + np.exp(-(X @ w)))))",
    ),
    "fifth powers": ("((X @ w) ** 5 - t).sum()", "X.T @ (5 * (X @ w) ** 4)"),
    "order": ("np.sort(X @ w)[0]", "X[np.argmin(X @ w)]"),
}


@pytest.mark.parametrize(("value", "gradient"), HARD.values(), ids=HARD)
@pytest.mark.parametrize("runs", [True, False], ids=["run loss", "traced loss"])
def test_right_gradients_are_not_refuted(value: str, gradient: str, runs: bool, tmp_path: Path) -> None:
    ask = "    if bool(X.sum() > 1e9): pass\n"
    text = f"{HEAD}def loss(X, w, t):\n{ask if runs else ''}    return {value}\n"
    found = verified(tmp_path, f"{text}def grads(X, w, t):\n{ask}    return {{'w': {gradient}}}\n")["w"]
    assert found.verdict == "AGREES" or (found.verdict == "NOT EVALUABLE" and "float32" in value)


# -- points and slopes ----------------------------------------------------------------------------------------------


def test_points_vary_in_scale_and_sign() -> None:
    tensors = [Tensor(name, (Extent.of(3), Extent.of(2)), role="input") for name in "ab"]
    point = Point({}, {name: np.array([[0.5, -1.0], [1.5, -0.4], [0.7, 0.6]]) for name in "ab"})
    found = [varied(point, tensors, number) for number in range(100)]
    for name in "ab":
        arrays = [p.arrays[name] for p in found]
        sizes = np.array([np.abs(a).max() for a in arrays])
        assert sizes.max() >= 4 * 1.5 and 0 < sizes.min() <= 0.1
        assert sum(bool((a > 0).all()) for a in arrays) > 5 and sum(bool((a < 0).all()) for a in arrays) > 5
        assert len({tuple(np.ravel(a)) for a in arrays}) > 30
        assert all((a == point.arrays[name]).all() for k, a in enumerate(arrays) if is_ordinary(k))
    assert max(np.abs(p.arrays["a"]).max() * np.abs(p.arrays["b"]).max() for p in found) <= 4 * 1.5**2
    again = varied(point, tensors, 7)
    assert all((again.arrays[n] == found[7].arrays[n]).all() for n in "ab")


def test_varied_points_keep_their_bounds() -> None:
    shape = (Extent.of(4),)
    bounded: dict[str, tuple[Tensor, Any]] = {
        "low": (Tensor("low", shape, role="input", low=2.0), np.array([2.5, 3.0, 2.2, 2.9])),
        "both": (Tensor("both", shape, role="input", low=0.0, top=1.0), np.array([0.1, 0.9, 0.4, 0.5])),
        "rows": (Tensor("rows", shape, role="input", simplex=0), np.array([0.25, 0.25, 0.375, 0.125])),
        "label": (Tensor("label", shape, "integer", role="input"), np.array([0, 1, 1, 0])),
        "state": (Tensor("state", shape, role="state"), np.array([0.5, 0.25, 0.75, 1.0])),
    }
    point = Point({}, {n: array for n, (_, array) in bounded.items()})
    found = [varied(point, [t for t, _ in bounded.values()], number) for number in range(60)]
    for name in ("both", "rows", "label"):
        assert all((p.arrays[name] == point.arrays[name]).all() for p in found)
    assert all((p.arrays["low"] > 2).all() and (p.arrays["state"] > 0).all() for p in found)
    assert len({p.arrays["low"].max() for p in found}) > 3


def test_slopes_are_those_of_the_gradient(tmp_path: Path) -> None:
    (tmp_path / "hand.py").write_text("import numpy as np\ndef loss(W, v):\n    return np.tanh(W @ v).sum()\n")
    runner = Runner(load(tmp_path / "hand.py"), monotonic() + 60)
    rng = np.random.default_rng(3)
    given = {"W": rng.normal(size=(4, 3)), "v": rng.normal(size=3)}
    gradient = np.outer(1 - np.tanh(given["W"] @ given["v"]) ** 2, given["v"])
    along = directions(gradient, 5)
    found = slopes(runner, given, "W", along)
    assert len(along) == 2 and abs(float(np.sum(along[0] * along[1]))) < 0.9
    np.testing.assert_allclose(found.value, [np.sum(gradient * d) for d in along], rtol=1e-9)
    assert found.error < 1e-8


# -- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loop", ["for i in range(10**8): s = s + r[0]", "while s < 10**9: s = s + 1"])
def test_a_loop_without_end_ends_at_its_line(loop: str, tmp_path: Path) -> None:
    text = HEAD + LOSS + f"def grads(X, w, t):\n    r, s = X @ w - t, 0\n    {loop}\n    return {{'w': 0 * w}}\n"
    with pytest.raises(UndecidedError) as caught:
        verified(tmp_path, text, timeout=10.0)
    assert str(caught.value) == "hand.py:11: grads did not end within 1 seconds. Give it more with --timeout."


def test_a_loop_that_is_too_long_to_be_traced_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "MOST_ARRAYS", 60)
    found = verified(tmp_path, HEAD + LOSS + grads("True", "g = sum([0 * g for _ in range(90)], g)"))["w"]
    assert found.verdict == "AGREES"
    sentence = "more than 60 arrays are made; such a loop cannot be traced. Write it as operations on whole arrays."
    assert f"hand.py:15: {sentence}" in found.reason


@pytest.mark.parametrize("array", ["np.zeros(2 * 10**6)", "np.arange(2 * 10**6)", "np.broadcast_to(r[0], 2 * 10**6)"])
def test_an_array_that_is_too_large_is_not_traced(array: str, tmp_path: Path) -> None:
    found = verified(tmp_path, HEAD + LOSS + grads("True", f"g = g + 0 * {array}[:1]"))["w"]
    assert found.verdict == "AGREES"
    assert "hand.py:15: an array of shape (2000000,) is too large; expected at most 1000000 entries." in found.reason


def test_inputs_that_are_too_large_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ClaimError) as caught:
        verified(tmp_path, HEAD.replace('("N", "D")', '("N", 10**8)') + LOSS + grads("True"))
    sentence = "an array of shape ('N', 100000000) is too large; expected at most 1000000 entries"
    hint = 'Name its extents, such as "N": they are then tried as small numbers.'
    assert str(caught.value) == f"hand.py: INPUTS['X']: {sentence}. {hint}"
    drawn = "def inputs(rng):\n    return {'X': np.zeros((2, 10**6)), 'w': np.ones(2), 't': np.ones(2)}\n"
    with pytest.raises(ClaimError) as caught:
        verified(tmp_path, re.sub(r"INPUTS = .*\n", drawn, HEAD) + LOSS + grads("True"))
    sentence = "an array of shape (2, 1000000) is too large; expected at most 1000000 entries"
    assert str(caught.value) == f"hand.py:4: inputs: 'X': {sentence}"


def test_an_index_out_of_bounds_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClaimError) as caught:
        verified(tmp_path, HEAD + LOSS + grads("True", "g = g + 0 * r[10**8]"))
    assert str(caught.value).startswith("hand.py:15: grads raises IndexError: index 100000000 is out of bounds")
