"""What cannot be traced stops at its line; it never passes silently, and never goes on without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from symprop.errors import FormulaError
from symprop.frontends.tracing import traced_loss
from tests.frontends.tracing.reading import HEAD

MASKED = "selecting entries by a mask gives an array of no fixed shape. "
MASKED += "Write np.where(mask, x, 0), or multiply by the mask."
BESIDE = "a mask beside other subscripts cannot be traced. Write np.where(mask, x, 0) before the others."
WHERE = "Write np.where(condition, a, b)."
INTEGERS = "a change in place of an array of integers cannot be traced. Give it dtype=float."
NUMBERS = "needs the numbers of an array, which depend on the inputs"
REFUSED = {
    "if X.sum() > 0: X = -X": f"a condition {NUMBERS}. {WHERE}",
    "while X.sum() > 0: X = X - 1": f"a condition {NUMBERS}. {WHERE}",
    "X = X if X[0, 0] > 0 and X[0, 1] > 0 else -X": f"a condition {NUMBERS}. {WHERE}",
    "X = X if (X > 0).all() else -X": "'all' cannot be traced. Leave the check out, or write np.where for what "
    "depends on it.",
    "X = X[X > 0] + v": MASKED,
    "X = np.exp(X[X > 0])": MASKED,
    "X = X[v > 0].T": MASKED,
    "X = -X[X > 0]": MASKED,
    "X = X[X > 0] @ X[X > 0]": MASKED,
    "X = X / len(X[X > 0])": MASKED,
    "X = [a for a in X[v > 0]]": MASKED,
    "X = X[v > 0, 0]": BESIDE,
    "X = X[:, X[0] > 0]": BESIDE,
    "X = np.sort(X)": "'sort' cannot be traced",
    "X = X[np.argmax(v)]": "'argmax' cannot be traced. Write the place as a mask, x == x.max(axis=1, keepdims=True).",
    "X = np.linalg.inv(M)": "'inv' cannot be traced. Make the inverse an input.",
    "X = X * np.prod(v)": "'prod' cannot be traced. Multiply the entries in a loop.",
    "X = X * np.random.rand()": "random numbers cannot be traced. Draw them in inputs(rng).",
    "X = [0.0, 1.0][X[0, 0]]": f"an index of Python {NUMBERS}",
    "X = X * {X[0, 0]: 1}[X[0, 0]]": f"a key {NUMBERS}",
    "X = X.tolist()": "an array's 'tolist' cannot be traced. Leave it an array, or go over its rows in a loop.",
    "X = X * int(v.sum())": f"int() {NUMBERS}",
    "X = X // 2": "'//' of arrays cannot be traced; expected + - * / ** @ & |",
    "X = X % 2": "'%' of arrays cannot be traced; expected + - * / ** @ & |",
    "y[0] = 1": INTEGERS,
    "y -= 1": INTEGERS,
    "Z = np.array([0, 3, 1]); Z[0] = 0.5": INTEGERS,
    "m = X > 0; m[0] = 1": "a change in place of an array of truth values cannot be traced. Give it dtype=float.",
    "Z = np.zeros_like(y); Z[0] = 0.5": INTEGERS,
    "Z = np.full(3, 0); Z[0] = 0.5": INTEGERS,
    "Z = E * 1; Z[tok[:, 0]] += X; v = v + Z[0, 0]": (
        "this may name one entry twice, and NumPy then keeps only one of the values. "
        "To accumulate, multiply by onehot(...).T."
    ),
    "X = (X > 0) + (X < 1)": "two masks are joined by & or |, not by arithmetic",
    "Z = np.broadcast_to(v[:, None], X.shape); Z += 1": "this array cannot be changed: NumPy made it read-only",
    "Z = (X.T * 2).reshape(-1); Z += 1": "whether NumPy makes a copy here depends on how the array lies in memory. "
    "Write .copy() where it is reshaped.",
    "Z = X.T * 2; u = Z.reshape(-1); Z += 1; X = X * u.sum()": "whether NumPy makes a copy here depends on how the "
    "array lies in memory. Write .copy() where it is reshaped.",
    "X = np.vectorize(lambda a: a * 2)(X)": f"a function of NumPy that does not take traced arrays {NUMBERS}",
    "X = np.where(X > 0)": "where with one argument gives an array of no fixed shape. Write np.where(mask, a, b).",
    "X = np.sum(X, where=X > 0)": f"a condition {NUMBERS}. {WHERE}",
    "X = np.maximum.reduce(X, initial=2)": "keyword 'initial' is not known here; expected axis or keepdims",
    "X = X[0] * np.arange(0.5, 3.5)": "arange of numbers that are not whole cannot be traced. "
    "Multiply arange(n) by the step.",
    "X = np.dot(X > 0, (X > 1).T)": "a product of truth values alone is a truth value. Multiply one of them by 1.0.",
    "X = np.var(v, dtype=int)": "keyword 'dtype' is not known here; expected axis or ddof or keepdims",
    "X = np.linalg.norm(X, 1)": "norm of a matrix is that of its entries here; expected no order, or 'fro'. "
    "Of order 1, write max(sum(abs(x), axis=0)).",
    "X = np.linalg.norm(v, 3)": "norm of another order cannot stand here; expected 1 or 2. "
    "Write sum(abs(x)**p)**(1/p).",
    "X = np.linalg.norm(X, np.inf)": "norm of a matrix in order inf cannot be traced. "
    "Write np.max(np.sum(np.abs(x), axis=1)).",
    "X = np.convolve(X[0], v, 'wide')": "a mode is full, same or valid",
    "X = np.convolve(X, v)": "an array of one axis is expected; got shape (N, D). Write a loop over the other axes.",
    "X = np.split(X, 4)": "an axis of extent 5 has no 4 equal parts",
    "X = np.tensordot(X, W, 2)": "shapes (N, D) and (D, C) do not fit: extent N on the left meets D on the right",
    "X = np.var(X[:, :1], axis=1, ddof=1)": "as many degrees of freedom are taken off as there are entries",
    "d = np.diagonal(M); d += 1": "this array cannot be changed: NumPy made it read-only",
    "X = np.zeros(10**8)": "an array of shape (100000000,) is too large; expected at most 1000000 entries",
    "X = v[0] + np.arange(10**8)": "an array of shape (100000000,) is too large; expected at most 1000000 entries",
    "X = np.broadcast_to(v[0], (10**5, 10**5))": "an array of shape (100000, 100000) is too large; "
    "expected at most 1000000 entries",
    "X = X * float('inf')": "inf cannot stand in a formula; expected a finite number",
    "X = X / 0": "a division by zero stands here",
    "X = max(X, X * 2)": f"a condition {NUMBERS}. {WHERE}",
    "X = sorted(v)": f"a condition {NUMBERS}. {WHERE}",
    "X = X + W": "shapes (N, D) and (D, C) do not broadcast",
    "X = X.item()": "an array's 'item' cannot be traced",
    "Z = np.ones(3) * 1; np.add.at([1.0], 0, Z)": "np.add.at of an array that is not traced cannot be traced. "
    "Make it by np.zeros.",
}


@pytest.mark.parametrize(("line", "sentence"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_cannot_be_traced_names_its_line(line: str, sentence: str | None, tmp_path: Path) -> None:
    place = tmp_path / "hand.py"
    place.write_text(f"{HEAD}\ndef loss(X, W, v, M, E, y, tok):\n    {line}\n    return np.sum(X) + np.sum(v)\n")
    number = HEAD.count("\n") + 3
    with pytest.raises(FormulaError) as caught:
        traced_loss(place)
    if sentence is not None:
        assert str(caught.value) == f"hand.py:{number}: {sentence}"
    assert str(caught.value).startswith("hand.py:")


@pytest.mark.parametrize("number", ["int(X.sum())", "int(np.sort(X)[0, 0])"])
def test_a_handler_of_the_code_does_not_hide_what_stopped_it(number: str, tmp_path: Path) -> None:
    place = tmp_path / "hand.py"
    body = f"    try:\n        t = {number}\n    except:\n        t = 1.0\n    return t * X.sum()\n"
    place.write_text(HEAD + "def loss(X):\n" + body)
    with pytest.raises(FormulaError) as caught:
        traced_loss(place)
    assert str(caught.value).startswith(f"hand.py:{HEAD.count(chr(10)) + 3}: ")


def test_a_handler_of_the_code_does_not_hide_that_numbers_are_needed(tmp_path: Path) -> None:
    place = tmp_path / "hand.py"
    loop = "    try:\n        for i in range(len(X)):\n            t = t + X[i].sum()\n    except:\n        t = 1.0\n"
    body = f"    t = 0.0\n{loop}    return t\n"
    place.write_text(HEAD + "def loss(X):\n" + body)
    assert traced_loss(place).fixed == {"N": 5}


def test_values_kept_from_another_run_are_not_taken(tmp_path: Path) -> None:
    place = tmp_path / "hand.py"
    place.write_text(HEAD + "KEPT = []\ndef loss(X):\n    KEPT.append(X.sum())\n    return sum(KEPT)\n")
    found = traced_loss(place)
    assert [str(e) for e in found.equations] == ["L = sum[n,i](X[n,i])"]


def test_equations_carry_the_names_of_the_code(tmp_path: Path) -> None:
    place = tmp_path / "hand.py"
    place.write_text(
        HEAD + "def loss(X, W, b):\n    Z = X @ W + b\n    H = np.tanh(Z)\n    return (H * H).sum() / len(X)\n"
    )
    found = traced_loss(place)
    assert [str(e) for e in found.equations] == [
        "Z[n,i] = sum[j](X[n,j]*W[j,i]) + b[i]",
        "H[n,i] = tanh(Z[n,i])",
        "L = sum[n,i](H[n,i]*H[n,i])/N",
    ]
    assert found.fixed == {} and found.loss == "L"
    assert [t.name for t in found.network(["W"]).params] == ["W"]
    assert set(found.network(["W"]).functions) == {"tanh"}


def test_extents_that_are_numbers_are_said(tmp_path: Path) -> None:
    place = tmp_path / "hand.py"
    place.write_text(HEAD + "def loss(X):\n    return sum(X[i].sum() for i in range(len(X)))\n")
    assert traced_loss(place).fixed == {"N": 5}
