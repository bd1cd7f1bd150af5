"""Random formulas, written with as few brackets as mathematics allows, have the value that was computed beside them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.frontends.latex.reading import SIZES, arrays, evaluated, read, reader

SUM, PRODUCT, ATOM = range(3)
NAMES = {
    ("N", 4): ["X"],
    (4, 3): ["W", "W_1", "W^{[1]}"],
    ("N", 3): ["Z", "P", "G", r"\hat y"],
    (4, 2): [r"W_{\mathrm{fc}}"],
    (4, 4): ["M"],
    (3, 2): ["W^{(2)}"],
}
TENSORS = {"W_1": "W1", "W^{[1]}": "W1", r"\hat y": "y_hat", r"W_{\mathrm{fc}}": "W_fc", "W^{(2)}": "W2"}
LETTERS = {"n": "N", "m": "N", "i": 4, "k": 4, "j": 3, "c": 3}
READ_BY = {"X": "ni", "W_1": "ij", "P": "nj", "G": "nc", "u": "i", "w": "k", "b": "j", "v": "n", "M": "ik"}
VALUES = arrays()


@dataclass(frozen=True)
class Written:
    tex: str
    value: Any
    level: float

    def at(self, level: float) -> str:
        return self.tex if self.level >= level else f"({self.tex})"


def matrix(rng: random.Random, shape: tuple[Any, Any], depth: int) -> Written:
    """A formula for a matrix of a shape."""
    rows, columns = shape
    choice = rng.randrange(7) if depth else 0
    if choice == 0 or (choice == 5 and rows == columns):
        return _leaf(rng, shape)
    if choice in (1, 2):
        a, b = matrix(rng, shape, depth - 1), matrix(rng, shape, depth - 1)
        if choice == 1:
            return Written(f"{a.tex} + {b.at(PRODUCT)}", a.value + b.value, SUM)
        return Written(f"{a.tex} - {b.at(PRODUCT)}", a.value - b.value, SUM)
    if choice == 3:
        a, b = matrix(rng, shape, depth - 1), matrix(rng, shape, depth - 1)
        return Written(rf"{a.at(PRODUCT)} \odot {b.at(ATOM)}", a.value * b.value, SUM + 0.5)
    if choice == 4:
        inner = rng.choice(["N", 4, 3, 2])
        a, b = matrix(rng, (rows, inner), depth - 1), matrix(rng, (inner, columns), depth - 1)
        sign = rng.choice([" ", r" \cdot ", r" \, "])
        return Written(f"{a.at(PRODUCT)}{sign}{b.at(ATOM)}", a.value @ b.value, PRODUCT)
    if choice == 5:
        a = matrix(rng, (columns, rows), depth - 1)
        mark = rng.choice([r"^\top", "^T", r"^{\mathsf{T}}"])
        return Written(f"({a.tex}){mark}", a.value.T, ATOM)
    a = matrix(rng, shape, depth - 1)
    name, function = rng.choice([(r"\tanh", np.tanh), (r"\sin", np.sin), (r"\cos", np.cos)])
    return Written(f"{name}({a.tex})", function(a.value), ATOM)


def _leaf(rng: random.Random, shape: tuple[Any, Any]) -> Written:
    rows, columns = shape
    if shape in NAMES:
        name = rng.choice(NAMES[shape])
        return Written(name, VALUES[TENSORS.get(name, name)], ATOM)
    if (columns, rows) in NAMES:
        name = rng.choice(NAMES[columns, rows])
        return Written(f"{{{name}}}^\\top", VALUES[TENSORS.get(name, name)].T, ATOM)
    if {rows, columns} == {"N", 2}:
        value = VALUES["X"] @ VALUES["W_fc"]
        return Written(r"X W_{fc}", value, PRODUCT) if rows == "N" else Written(r"(X W_{fc})^\top", value.T, ATOM)
    value = VALUES["X"].T @ VALUES["X"] if rows == 4 else np.eye(SIZES.get(rows, rows))
    return Written("I", np.eye(SIZES.get(rows, rows)), ATOM) if rows == columns else Written("X^T X", value, PRODUCT)


def entry(rng: random.Random, letters: frozenset[str], depth: int) -> Written:
    """A formula for a number that reads letters; its value is an array over all of LETTERS."""
    choice = rng.randrange(6) if depth else 0
    if choice == 0:
        return _entry_leaf(rng, letters)
    if choice == 1:
        a, b = entry(rng, letters, depth - 1), entry(rng, letters, depth - 1)
        sign = rng.choice("+-")
        return Written(f"{a.tex} {sign} {b.at(PRODUCT)}", a.value + b.value * (1 if sign == "+" else -1), SUM)
    if choice == 2:
        a, b = entry(rng, letters, depth - 1), entry(rng, letters, depth - 1)
        return Written(f"{a.at(ATOM)} {b.at(PRODUCT)}", a.value * b.value, PRODUCT)
    if choice == 3:
        a, b = entry(rng, letters, depth - 1), entry(rng, letters, depth - 1)
        return Written(rf"\frac{{{a.tex}}}{{2 + ({b.tex})^2}}", a.value / (2 + b.value**2), ATOM)
    if choice == 4:
        new = rng.choice(sorted(LETTERS))
        body = entry(rng, letters | {new}, depth - 1)
        axis = sorted(LETTERS).index(new)
        spread = body.value.shape[axis] == 1
        summed = body.value.sum(axis=axis, keepdims=True) * (_size(new) if spread else 1)
        # a letter that stands on no axis has its range from the limit alone
        limit = f"{{{new}=1}}^{{{_size(new) if new not in 'nm' else 'N'}}}"
        below = limit if spread or "delta" in body.tex else rng.choice([new, f"{{{new}}}", limit])
        return Written(rf"\sum_{below} {body.at(PRODUCT)}", summed, PRODUCT)
    a = entry(rng, letters, depth - 1)
    return Written(rf"e^{{-({a.tex})^2}}", np.exp(-(a.value**2)), ATOM)


def _entry_leaf(rng: random.Random, letters: frozenset[str]) -> Written:
    fitting = [(name, own) for name, own in READ_BY.items() if set(own) <= letters]
    pairs = [p for p in ("ik", "jc", "nm") if set(p) <= letters]
    if pairs and rng.random() < 0.3:
        pair = rng.choice(pairs)
        return Written(rf"\delta_{{{pair}}}", _over(np.eye(_size(pair[0])), pair), ATOM)
    if not fitting or rng.random() < 0.15:
        number = rng.choice(["2", "3", "0.5"])
        return Written(number, np.full((1,) * len(LETTERS), float(number)), ATOM - 0.5)
    name, own = rng.choice(fitting)
    below = own if len(own) == 1 and "_" not in name else f"{{{own}}}" if "_" not in name else f"{{1,{own}}}"
    return Written(f"{name.partition('_')[0]}_{below}", _over(VALUES[TENSORS.get(name, name)], own), ATOM)


def _size(letter: str) -> int:
    extent = LETTERS[letter]
    return SIZES[extent] if isinstance(extent, str) else int(str(extent))


def _over(value: Any, letters: str) -> Any:
    """An array over its letters as one over all letters, of extent 1 along the others."""
    order = sorted(LETTERS)
    value = np.transpose(value, np.argsort([order.index(c) for c in letters]))
    return value.reshape([_size(c) if c in letters else 1 for c in order])


def _close(found: Any, wanted: Any) -> bool:
    return bool(np.allclose(np.asarray(found, dtype=float), wanted, rtol=1e-9, atol=1e-9))


@pytest.mark.parametrize("seed", range(60))
def test_a_random_formula_of_matrices(seed: int) -> None:
    rng = random.Random(seed)
    written = matrix(rng, rng.choice(list(NAMES)), 3)
    found = evaluated(read(written.tex))
    assert found.shape == written.value.shape and _close(found, written.value), written.tex


@pytest.mark.parametrize("seed", range(60))
def test_a_random_formula_of_entries(seed: int) -> None:
    rng = random.Random(seed)
    written = entry(rng, frozenset("nij"), 4)
    # the left side's letters must be read, so that what they run over is known
    text = rf"S_{{nij}} = {written.at(SUM)} + v_n - u_i + b_j"
    line = reader(text)
    value = written.value + _over(VALUES["v"], "n") - _over(VALUES["u"], "i") + _over(VALUES["b"], "j")
    order = sorted(LETTERS)
    whole = np.broadcast_to(value, [_size(c) if c in "nij" else 1 for c in order])
    wanted = np.moveaxis(whole, [order.index(c) for c in "nij"], [0, 1, 2]).reshape(5, 4, 3)
    assert _close(evaluated(line.program()), wanted), text
