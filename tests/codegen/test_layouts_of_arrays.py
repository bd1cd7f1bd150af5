"""Arrays that lie in memory in unusual ways, or hold other kinds of numbers: the same results as of plain copies."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import symprop
from symprop.network import build
from symprop.spec import parse_spec

N, T, D, H, C = 11, 3, 5, 7, 6
SPEC = f"""
symprop: 1
name: layouts
inputs:
  x: {{shape: [{T}, {D}]}}
  tok: {{shape: [{T}], vocabulary: 9}}
  y: {{role: target, classes: {C}}}
layers:
  - {{id: emb, type: embedding, in: tok, units: {D}}}
  - {{id: both, type: add, in: [emb, x]}}
  - {{id: flat, type: flatten}}
  - {{id: fc, type: dense, units: {H}, activation: tanh}}
  - {{id: out, type: dense, units: {C}}}
loss: {{type: softmax_cross_entropy, from: out, target: y}}
"""
Form = Callable[[Any], Any]


@cache
def module(backend: str, dtype: str) -> ModuleType:
    return symprop.compile(build(parse_spec(SPEC)), backend=backend, dtype=dtype)


@cache
def given(dtype: str) -> tuple[Any, Any, Any, Any]:
    rng, m = np.random.default_rng(3), module("numba", dtype)
    params = m.init_params(2)
    params = params._replace(b_fc=rng.standard_normal(H).astype(dtype), b_out=rng.standard_normal(C).astype(dtype))
    x = rng.standard_normal((N, T, D)).astype(dtype)
    return params, x, rng.integers(0, 9, (N, T)), rng.integers(0, C, N)


def shifted(a: Any, offset: int) -> Any:
    """The array at an address that is no multiple of what vectors would like."""
    room = np.empty(a.nbytes + offset + 64, np.uint8)
    start = -room.ctypes.data % 64 + offset
    found = room[start : start + a.nbytes].view(a.dtype).reshape(a.shape)
    found[...] = a
    assert found.ctypes.data % 64 == offset
    return found


def strided(a: Any, step: int) -> Any:
    """Every second entry of every axis of a larger array, or the entries of a reversed one."""
    room = np.full([abs(step) * extent for extent in a.shape], 77, a.dtype)
    found = room[tuple(slice(None, None, step) for _ in a.shape)]
    found[...] = a
    return found


def read_only(a: Any) -> Any:
    found = a.copy()
    found.setflags(write=False)
    return found


def within_rows(a: Any) -> Any:
    """Fields of records: neighbours are neither side by side nor a whole number of entries apart."""
    rows = np.zeros(a.shape, np.dtype([("flag", np.int8), ("value", a.dtype)]))
    rows["value"] = a
    return rows["value"]


FORMS: dict[str, Form] = {
    "one byte further": lambda a: shifted(a, 1),
    "one entry further": lambda a: shifted(a, a.itemsize),
    "seven bytes further": lambda a: shifted(a, 7),
    "every second": lambda a: strided(a, 2),
    "backwards": lambda a: strided(a, -1),
    "every third backwards": lambda a: strided(a, -3),
    "columns first": np.asfortranarray,
    "turned axes": lambda a: np.ascontiguousarray(np.moveaxis(a, 0, -1)).transpose(a.ndim - 1, *range(a.ndim - 1)),
    "read-only": read_only,
    "read-only and backwards": lambda a: read_only(a)[::-1].copy()[::-1],
    "fields of records": within_rows,
    "the other byte order": lambda a: a.astype(a.dtype.newbyteorder()),
    "lists": lambda a: a.tolist(),
    "a subclass": lambda a: a.view(type("Own", (np.ndarray,), {})),
    "masked without masks": np.ma.array,
}


def results(m: ModuleType, params: Any, x: Any, tok: Any, y: Any) -> list[Any]:
    """All that a module gives."""
    inputs = {"x": x, "tok": tok}
    value, grads = m.value_and_grad(params, inputs, y)
    trained, history = m.fit(params, inputs, y, epochs=2, batch_size=4, seed=5)
    return [m.forward(params, inputs), m.loss(params, inputs, y), value, *grads, *trained, history.loss]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", ["inputs", "parameters"])
@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_a_form_changes_nothing(backend: str, what: str, form: str, dtype: str) -> None:
    params, x, tok, y = given(dtype)
    m, other = module(backend, dtype), FORMS[form]
    plain = results(m, params, x, tok, y)
    if what == "parameters":
        theirs = type(params)(*map(other, params))
        args = [theirs, x, tok, y]
    else:
        args = [params, other(x), other(tok), other(y)]
    before = [np.array(a) for a in args[1:]] + [np.array(a) for a in args[0]]
    for found, expected in zip(results(m, *args), plain, strict=True):
        np.testing.assert_array_equal(found, expected)
        assert np.asarray(found).dtype == np.asarray(expected).dtype
    for a, b in zip([*args[1:], *args[0]], before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_rows_that_are_one_row(backend: str) -> None:
    """An array that was broadcast has many rows at one place."""
    m = module(backend, "float32")
    params, x, tok, y = given("float32")
    spread = [np.broadcast_to(a[:1], a.shape) for a in (x, tok, y)]
    assert all(a.strides[0] == 0 for a in spread)
    copies = [np.ascontiguousarray(a) for a in spread]
    for found, expected in zip(results(m, params, *spread), results(m, params, *copies), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_two_arguments_may_be_one_array(backend: str) -> None:
    m = module(backend, "float64")
    params, x, tok, y = given("float64")
    one = np.empty(H * D * T + H)
    shared = params._replace(W_fc=one[H:].reshape(T * D, H), b_fc=one[:H])
    shared.W_fc[...], shared.b_fc[...] = params.W_fc, params.b_fc
    for found, expected in zip(results(m, shared, x, tok, y), results(m, params, x, tok, y), strict=True):
        np.testing.assert_array_equal(found, expected)


REAL = ["float16", "float32", "float64", "longdouble", "int8", "uint8", "int32", "uint64", "bool"]


@pytest.mark.parametrize("backend", ["numba", "numpy"])
@pytest.mark.parametrize("kind", REAL)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_other_kinds_of_numbers_are_converted(kind: str, dtype: str, backend: str) -> None:
    m = module(backend, dtype)
    params, x, tok, y = given(dtype)
    given_x = np.abs(3 * x).astype(kind)
    plain = results(m, params, given_x.astype(dtype), tok, y)
    for found, expected in zip(results(m, params, given_x, tok, y), plain, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", ["float16", "float64", "int8", "uint8", "uint16", "uint64", "int32"])
def test_other_kinds_of_integers_are_converted(kind: str) -> None:
    m = module("numba", "float32")
    params, x, tok, y = given("float32")
    plain = results(m, params, x, tok, y)
    for found, expected in zip(results(m, params, x, tok.astype(kind), y.astype(kind)), plain, strict=True):
        np.testing.assert_array_equal(found, expected)


WRONG = [
    ("x", lambda a: a.astype(complex), "x: expected numbers, got dtype complex128."),
    ("x", lambda a: a.astype("datetime64[s]"), "x: expected numbers, got dtype datetime64[s]."),
    ("x", lambda a: np.ma.array(a, mask=a > 2), "x: a masked array; expected numbers at all places. Fill it first."),
    ("x", lambda a: a.astype("V8"), "x: expected numbers, got dtype |V8."),
    ("tok", lambda a: a.astype("S2"), "tok: expected numbers, got dtype |S2."),
    ("tok", lambda a: a + 0.25, "tok: expected integers, got float64 with fractions, NaN or inf."),
    ("tok", lambda a: np.full(a.shape, 2**63, np.uint64), f"tok[0, 0]: {2**63} is out of range; expected 0 to 8."),
    ("tok", lambda a: np.full(a.shape, 1e300), "tok[0, 0]: 1e+300 is out of range; expected 0 to 8."),
]


@pytest.mark.parametrize("backend", ["numba", "numpy"])
@pytest.mark.parametrize(("name", "change", "message"), WRONG, ids=range(len(WRONG)))
def test_what_is_refused(name: str, change: Form, message: str, backend: str) -> None:
    m = module(backend, "float32")
    params, x, tok, y = given("float32")
    inputs = {"x": x, "tok": tok}
    inputs[name] = change(inputs[name].astype(np.float64) if name == "x" else inputs[name])
    with pytest.raises(ValueError) as error:
        m.value_and_grad(params, inputs, y)
    assert str(error.value) == message
