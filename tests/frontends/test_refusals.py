"""What is no formula, or whose shapes do not fit, is a fault with its place; every sentence is written out."""

from __future__ import annotations

import pytest

from symprop.errors import FormulaError
from symprop.frontends import ShapeError
from tests.frontends.reading import read

FAULTS = {
    "": "formula: column 1: the formula is empty",
    "X +": "formula: column 4: this is not a formula: invalid syntax",
    "qqq(X)": "formula: column 1: function 'qqq' is not known here",
    "sigmod(X)": "formula: column 1: function 'sigmod' is not known here. Did you mean 'sigmoid'?",
    "XX": "formula: column 1: unknown name 'XX'. Did you mean 'X'?",
    "lambda: 1": "formula: column 1: `lambda` cannot stand in a claim; expected assignments and formulas. "
    "Write the whole array at once, in NumPy notation.",
    "for i in range(3): X": "formula: column 1: `for` cannot stand in a claim; expected assignments and formulas. "
    "Write the whole array at once, in NumPy notation.",
    "import os": "formula: column 1: `import` cannot stand in a claim; expected assignments and formulas. "
    "Write the whole array at once, in NumPy notation.",
    "[X]": "formula: column 1: list cannot stand in a formula",
    "{X}": "formula: column 1: a set cannot stand in a formula",
    "'X'": "formula: column 1: a string cannot stand in a formula",
    "True": "formula: column 1: a truth value cannot stand in a formula",
    "X if v else W": "formula: column 1: `if` cannot stand in a formula",
    "X and W": "formula: column 1: `and` or `or` cannot stand in a formula",
    "(X := W)": "formula: column 2: an assignment cannot stand in a formula",
    "[x for x in X]": "formula: column 1: a comprehension cannot stand in a formula",
    "f'{X}'": "formula: column 1: an f-string cannot stand in a formula",
    "X // 2": "formula: column 1: operator '//' is not known here; expected + - * / ** @ & |",
    "X ^ 2": "formula: column 1: operator '^' is not known here; expected + - * / ** @ & |",
    "X ** 65": "formula: column 1: exponent 65 is too large; expected at most 64",
    "X / 0": "formula: column 1: a division by zero stands here",
    "0 < X < 1": "formula: column 1: a chain of comparisons cannot stand here. Write (a < b) & (b < c).",
    "X is W": "formula: column 1: comparison 'is' is not known here; expected < <= > >= == !=",
    "(X > 0) + (X < 1)": "formula: column 1: two masks are joined by & or |, not by arithmetic",
    "(X > 0)[:, 0] + (X > 1)[:, 1]": "formula: column 1: two masks are joined by & or |, not by arithmetic",
    "(X > 0).reshape(-1) - (X > 1).reshape(-1)": "formula: column 1: two masks are joined by & or |, not by arithmetic",
    "where(X > 0, X > 1, X < 1) + (X > 0)": "formula: column 1: two masks are joined by & or |, not by arithmetic",
    "max(X > 0, axis=0) + max(X > 1, axis=0)": "formula: column 1: two masks are joined by & or |, not by arithmetic",
    "(X > 0).T @ (X > 0)": "formula: column 1: two masks are joined by & or |, not by arithmetic",
    "einsum('ni,nj->ij', X > 0, X > 0)": "formula: column 1: a product of truth values alone is a truth value. "
    "Multiply one of them by 1.0.",
    "full_like(y, 1/2)": "formula: column 14: NumPy rounds this number; expected one of the array's dtype. "
    "Give dtype=float.",
    "-(X > 0)": "formula: column 1: '-' cannot stand before truth values",
    "~X": "formula: column 1: '~' cannot stand before numbers",
    "X & W": "formula: column 1: '&' stands between masks alone; expected comparisons on both sides",
    "X.__class__": "formula: column 1: attribute '__class__' cannot stand in a formula; "
    "expected .T, .shape[k], .size or a method",
    "X.shape": "formula: column 1: attribute 'shape' cannot stand in a formula; "
    "expected .T, .shape[k], .size or a method. Write X.shape[0].",
    "X.tolist()": "formula: column 1: an array has no method 'tolist' here; expected one of sum, mean, max, min, var, "
    "std, dot, reshape, transpose, copy, astype, ravel, flatten, squeeze",
    "pad(X, 1, mode='edge')": "formula: column 16: a border is of one number here; expected mode='constant'",
    "pad(X, 1, constant_values=v)": "formula: column 27: a border is of one number here",
    "pad(X, ((1, 1), (1, 1), (1, 1)))": "formula: column 8: pad_width has 3 pairs; the array has 2 axes",
    "pad(X, (1, 2, 3))": "formula: column 8: a width is one number or (before, after)",
    "pad(X, ((1, -1), (0, 0)))": "formula: column 9: a width is at least 0",
    "exp(X, W)": "formula: column 1: exp takes 1 argument, got 2",
    "maximum(X)": "formula: column 1: maximum takes 2 arguments, got 1",
    "sum(X, dtype=1)": "formula: column 8: keyword 'dtype' is not known here; expected axis or keepdims",
    "exp(X, out=X)": "formula: column 8: keyword 'out' is not known here; expected none",
    "sum(X, keepdims=1)": "formula: column 17: `1` stands where True or False is expected",
    "sum(X, axis=(0, 0))": "formula: column 13: an axis is named twice",
    "sum(X, axis=v)": "formula: column 13: `v` is not known as a number; expected a whole number",
    "sum(*X)": "formula: column 1: a star cannot stand in a call",
    "X[X > 0]": "formula: column 3: selecting entries by a mask gives an array of no fixed shape. "
    "Multiply by the mask, or write where(mask, a, 0).",
    "X[v]": "formula: column 3: `v` cannot stand in a subscript; expected integers or a slice",
    "X[::2]": "formula: column 3: a slice with a step cannot stand here; expected start:stop",
    "Q[arange(N), :, y]": "formula: column 1: integer arrays with a slice between them cannot stand here",
    "onehot(v)": "formula: column 1: onehot takes integer labels; `v` holds real numbers",
    "einsum(X, W)": "formula: column 1: einsum needs its subscripts as a string, einsum('ni,nj->ij', a, b)",
    "einsum('n.,n->', X, v)": "formula: column 8: einsum subscripts 'n.,n->' hold more than letters; "
    "expected 'ni,nj->ij'",
    "einsum('ni->j', X)": "formula: column 8: einsum: output subscript 'j' must stand once and be named before",
    "einsum('ni,ij->nj', X)": "formula: column 1: einsum names 2 operands, but 1 are given",
    "zeros(s)": "formula: column 7: `s` is not known as an extent; expected a number, N or X.shape[0]",
    "X.astype(int)": "formula: column 10: astype takes float here",
    "reshape(X, (-1, -1))": "formula: column 1: reshape can find only one extent, a single -1",
    "z = X\nz\nv = z": "formula: line 2, column 1: a formula that is assigned to nothing; expected name = formula",
    "X[0], z = X": "formula: column 1: several names are assigned at once only from a shape, N, D = X.shape",
    "z = w = X": "formula: column 1: this cannot be assigned to; expected one name, or a name with subscripts",
    "sum = X": "formula: column 1: 'sum' is a function and cannot be assigned to. Choose another name.",
    "N = 3": "formula: column 1: 'N' is an extent and cannot be assigned to. Choose another name.",
    "d = M * 1\nd[y] += X": "formula: line 2, column 1: this may name one entry twice, and NumPy then keeps only one "
    "of the values. To accumulate, multiply by onehot(...).T.",
    "d = P\nd[arange(N), y] -= 1\nz = d + P": "formula: line 3, column 9: 'P' cannot be read here: NumPy changed 'P' "
    "too when line 2 changed 'd' in place. Write .copy() where it is named.",
    "d = P.T\nd *= 2\nz = P": "formula: line 3, column 5: 'P' cannot be read here: NumPy changed 'P' too when line 2 "
    "changed 'd' in place. Write .copy() where it is named.",
    "d = X * 1\nd[X > 0] = X": "formula: line 2, column 1: only a number can be assigned through a mask. "
    "Write where(mask, a, b).",
    "X\x00": "formula: column 2: character U+0000 cannot stand in a formula; expected plain ASCII",
    "\u03b8 * X": "formula: column 1: character U+03B8 cannot stand in a formula; expected plain ASCII",
}

SHAPES = {
    "X @ X": "formula: column 1: `X @ X`: shapes (N, 4) and (N, 4) do not fit: 4 columns on the left meet N rows on "
    "the right. X (N, 4) is of the test.",
    "X * W": "formula: column 1: `X * W`: shapes (N, 4) and (4, 3) do not broadcast. "
    "X (N, 4) is of the test; W (4, 3) is of the test.",
    "v * P": "formula: column 1: `v * P`: shapes (N,) and (N, 3) do not broadcast. "
    "v (N,) is of the test; P (N, 3) is of the test.",
    "s @ X": "formula: column 1: `s @ X`: shapes () and (N, 4) are multiplied by @, which takes no scalars; "
    "expected *. s () is of the test; X (N, 4) is of the test.",
    "maximum(X, b)": "formula: column 1: `maximum(X, b)`: shapes (N, 4) and (3,) do not broadcast. "
    "X (N, 4) is of the test; b (3,) is of the test.",
    "sum(v, axis=1)": "formula: column 13: there is no axis 1: the array has one axis, which is axis 0",
    "X[0, 0, 0]": "formula: column 1: 3 subscripts are given to an array of 2 axes",
    "X[:, 4]": "formula: column 6: subscript 4 is not within an axis of extent 4",
    "X[:, 2:6]": "formula: column 6: slice 2:6 is not within an axis of extent 4",
    "X[:3]": "formula: column 3: slice :3 is not within an axis of extent N",
    "W[y, arange(3)]": "formula: column 1: the integer arrays of this subscript do not broadcast",
    "outer(X, b)": "formula: column 1: outer takes two arrays of one axis; got shapes (N, 4) and (3,). "
    "X (N, 4) is of the test; b (3,) is of the test.",
    "diag(X)": "formula: column 1: diag takes a vector or a square matrix; got shape (N, 4). X (N, 4) is of the test.",
    "einsum('ni,nj->ij', X, v)": "formula: column 1: einsum: 'nj' names 2 axes of an array of shape (N,)",
    "einsum('ni,ij->nj', X, G)": "formula: column 1: einsum: 'i' has extent 4 and N",
    "X.reshape(3, -1)": "formula: column 1: an array of shape (N, 4) cannot become (3, -1). "
    "Axes can be merged or split in order; reshape does not transpose.",
    "z = X * 1\nz += Q": "formula: line 2, column 1: `z += Q`: shapes (N, 4) and (N, 2, 3) do not broadcast. "
    "z (N, 4) is assigned in line 1; Q (N, 2, 3) is of the test.",
    "z = b * 1\nz += P": "formula: line 2, column 1: `z += P` would put shape (N, 3) into (3,). "
    "z (3,) is assigned in line 1; P (N, 3) is of the test.",
    "z = P * 1\nz[:, 0] = b": "formula: line 2, column 1: the value does not fit into what it is assigned to",
    "onehot(y, 2)": "formula: column 1: onehot: labels up to 2 do not fit 2 classes",
    "squeeze(X, axis=0)": "formula: column 1: squeeze drops axes of extent 1; the shape is (N, 4)",
}


@pytest.mark.parametrize(("text", "sentence"), FAULTS.items(), ids=range(len(FAULTS)))
def test_what_is_no_formula_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(FormulaError) as caught:
        read(text)
    assert str(caught.value) == sentence
    assert not isinstance(caught.value, ShapeError)


@pytest.mark.parametrize(("text", "sentence"), SHAPES.items(), ids=range(len(SHAPES)))
def test_shapes_that_do_not_fit_are_named(text: str, sentence: str) -> None:
    with pytest.raises(ShapeError) as caught:
        read(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "text", ["(" * 200 + "X" + ")" * 200, "+".join(["X"] * 3000), "-" * 500 + "X", "((" * 19 + "X"]
)
def test_texts_that_are_too_large_end_soon(text: str) -> None:
    with pytest.raises(FormulaError):
        read(text)
