"""Functions of loops compiled for vectors against the same functions run by Python."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit

from symprop.simd import link
from symprop.simd.nests import compiled_text
from symprop.simd.reading import Unsupported
from symprop.simd.values import Target
from symprop.simd.writing import array_of
from tests.simd import functions_of_loops as written

TARGETS = [Target(128, 16), Target(256, 16), Target(512, 32)]
DTYPES = ["float32", "float64"]
Function = Callable[..., Any]


def shapes_of(function: Function) -> dict[str, str]:
    return {**written.SHAPES, **written.LARGE}[function]


def given(function: Function, rows: int, dtype: str) -> list[Any]:
    """Arguments by chance; integers are indices of at most 4."""
    rng, found = np.random.default_rng(rows), []
    for name in inspect.signature(function).parameters:
        if name == "N":
            found.append(rows)
            continue
        if name not in shapes_of(function):
            found.append(np.dtype(dtype).type(0.37))
            continue
        array = array_of(shapes_of(function)[name], "double")
        shape = [rows if e == "N" else e for e in array.shape]
        whole = {"i32": np.int32, "i64": np.int64}.get(array.kind)
        found.append(rng.integers(0, 5, shape, whole) if whole else rng.normal(size=shape).astype(dtype))
    return found


BESIDE = 64
"""Entries around an array, four vectors of the widest kind."""


def surrounded(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Space of numbers that nobody writes, and a copy of an array in the middle of it."""
    space = np.full(array.size + 2 * BESIDE, 77, array.dtype)
    inside = space[BESIDE : BESIDE + array.size].reshape(array.shape)
    inside[...] = array
    return space, inside


def untouched(space: np.ndarray, inside: np.ndarray) -> bool:
    return bool((space[:BESIDE] == 77).all() and (space[BESIDE + inside.size :] == 77).all())


def caller(function: Function, dtype: str, target: Target, monkeypatch: pytest.MonkeyPatch) -> Function:
    """The function as vector code of a machine, called from compiled code."""
    monkeypatch.setattr(link, "TARGET", target)
    vector = link.lanes(dtype, **shapes_of(function))(function)
    names = ", ".join(inspect.signature(function).parameters)
    space = {"vector": vector}
    exec(f"def call({names}):\n    return vector({names})", space)
    return njit(space["call"])  # type: ignore[no-any-return]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("target", TARGETS, ids=lambda t: f"{t.bits}")
@pytest.mark.parametrize("function", written.SHAPES, ids=lambda f: f.__name__)
def test_vector_code_does_what_the_loops_say(
    function: Function, target: Target, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written, "real", np.dtype(dtype).type)
    vector = caller(function, dtype, target, monkeypatch)
    tolerance = 1e-12 if dtype == "float64" else 2e-5
    for rows in (1, 2, 3, 4, 5, 7, 8, 9, 16, 23):
        plain = given(function, rows, dtype)
        spaces = [surrounded(a) if isinstance(a, np.ndarray) else a for a in plain]
        ours = [s[1] if isinstance(s, tuple) else s for s in spaces]
        results = [(function(*plain), vector(*ours))]
        results += [(a, b) for a, b in zip(plain, ours, strict=True) if isinstance(a, np.ndarray)]
        assert all(untouched(*s) for s in spaces if isinstance(s, tuple)), f"N={rows}: written beside an array"
        for expected, found in results:
            if expected is not None:
                np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance, err_msg=f"N={rows}")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("target", TARGETS, ids=lambda t: f"{t.bits}")
@pytest.mark.parametrize("function", written.LARGE, ids=lambda f: f.__name__)
def test_rows_are_copied_beside_one_another(
    function: Function, target: Target, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With few rows and many, and with more than a panel of unknown length holds."""
    monkeypatch.setattr(written, "real", np.dtype(dtype).type)
    vector = caller(function, dtype, target, monkeypatch)
    for rows in (1, 31, 32, 45, 512, 513):
        _, left, right, out = arguments = given(function, rows, dtype)
        vector(*arguments)
        left, right = left.astype(np.float64), right.astype(np.float64)
        truth = product_of(function, left, right)
        tolerance = 1e-12 if dtype == "float64" else 2e-6
        np.testing.assert_allclose(out, truth, rtol=0, atol=tolerance * rows + 300 * tolerance, err_msg=f"N={rows}")


def product_of(function: Function, left: Any, right: Any) -> Any:
    """What a function of two matrices computes, by NumPy."""
    match function.__name__:
        case "tall":
            return left.T @ right
        case "across":
            return left @ right.T
        case "chosen":
            return np.maximum(left, 0) @ right
    return left @ right


@pytest.mark.parametrize(("name", "first"), [("wide", True), ("tall", True), ("chosen", False)])
def test_the_first_tile_copies_what_the_others_read(name: str, first: bool) -> None:
    """While it computes with it; what it reads where a condition holds alone is copied before it."""
    blocks = re.split(r"\nb\d+:", compiled_of(name))
    copies = [b for b in blocks if "ptr %a.room" in b and re.search(r"store <16 x float>|masked.store.v16f32", b)]
    assert copies
    assert all(("fadd" in block) == ("llvm.prefetch" in block) == first for block in copies)


def test_a_panel_is_a_choice_made_when_the_function_runs() -> None:
    text = compiled_of("wide")
    assert re.search(r"alloca \[9600 x float\]", text)
    assert re.search(r"%a\.rows\d+ = select i1", text)


def test_what_lies_the_other_way_is_turned_in_registers() -> None:
    text = compiled_of("copied")
    assert len(re.findall(r"shufflevector <16 x float>", text)) >= 64
    assert len(re.findall(r"load <16 x float>", text)) >= 16


def test_results_are_turned_in_registers_where_rows_lie_along_the_tile() -> None:
    text = compiled_of("channels")
    assert len(re.findall(r"shufflevector <16 x float>", text)) >= 32
    assert len(re.findall(r"llvm.masked.store.v8f32.p0\(<8 x float> %", text)) == 16  # rows of 5 for each channel


def test_loops_of_few_steps_are_a_tile_together() -> None:
    """The sums of two of the kernel's axes, at least, beside those of its channels."""
    product = r"= fadd contract <(?:8|16) x float>"
    inner = max(compiled_of("kernels").split("\nb"), key=lambda block: len(re.findall(product, block)))
    assert len(re.findall(product, inner)) >= 9


@pytest.mark.parametrize(("name", "most"), [("spread", 3), ("thirds", 3), ("pairs", 0)])
def test_what_lies_near_is_picked_from_whole_vectors(name: str, most: int) -> None:
    """Entries one by one are read for what is left of a row at most."""
    text = compiled_of(name)
    assert len(re.findall(r"= load (?:float|i64), ", text)) <= most
    assert re.search(r"shufflevector <\d+ x float>", text)


def test_loops_of_one_step_and_rows_of_any_number_are_whole_vectors() -> None:
    """Of rows that fill no vector the last ones are read and written as a part of one."""
    text = compiled_of("single")
    assert len(re.findall(r"call <16 x float> @llvm.masked.load", text)) >= 5
    assert len(re.findall(r"call void @llvm.masked.store", text)) == 1


def test_what_lanes_that_mean_nothing_hold_is_in_no_sum() -> None:
    """57 terms are three vectors and 9 lanes of a fourth, where exp(0) + 1/4 must not count."""
    text = compiled_of("sums_of_parts")
    assert re.search(r"select <16 x i1> <i1 true", text)
def test_ranges_of_a_row_are_written_side_by_side_where_they_are_apart() -> None:
    assert "store <13 x float>" not in compiled_of("overlapping")
    assert len(re.findall(r"call void @llvm.masked.store", compiled_of("gates"))) == 3
    assert "llvm.masked.store" not in compiled_of("overlapping")


def test_what_lies_within_its_array_is_read_without_asking() -> None:
    """The places j, j + 13 and j + 26 of a row of 39, one of them where a condition holds."""
    assert "@llvm.masked.load" in compiled_of("gates") and "select i1" not in compiled_of("gates")


def test_what_follows_the_sums_of_a_tile_is_a_loop_over_its_steps() -> None:
    text = compiled_of("activated")
    assert len(re.findall(r"alloca \[\d+ x float\]", text)) >= 2
    # |s| once for each vector of a tile's steps, not for each step
    assert 1 <= len(re.findall(r"call <\d+ x float> @llvm.fabs", text)) <= 12


def compiled_of(name: str) -> str:
    function = getattr(written, name)
    arrays = {n: array_of(s, "float") for n, s in shapes_of(function).items()}
    return compiled_text(inspect.getsource(function), "f", arrays, {"N": "i64"}, "float", Target(512, 32)).text


VECTORS = (
    "product", "outer", "recurrence", "step", "branches", "steps", "windows", "columns", "channels", "kernels",
)


@pytest.mark.parametrize("name", VECTORS)
def test_what_matters_is_vector_code(name: str) -> None:
    function = getattr(written, name)
    arrays = {n: array_of(s, "float") for n, s in shapes_of(function).items()}
    scalars = {n: "i64" if n == "N" else "float" for n in inspect.signature(function).parameters if n not in arrays}
    text = compiled_text(inspect.getsource(function), "f", arrays, scalars, "float", Target(256, 16)).text
    assert len(re.findall(r"f(?:mul|add) contract <8 x float>", text)) >= 2


def text_of(source: str) -> str:
    return compiled_text(source, "f", {"X": array_of("N", "float")}, {"N": "i64"}, "float", TARGETS[1]).text


@pytest.mark.parametrize(
    "body",
    [
        "while N:\n        pass",
        "for n in [1, 2]:\n        X[n] = 1.0",
        "X[0] = len(X)",
        "X[0, 0] = 1.0",
        "X.sort()",
        "for n in range(0, N, -2):\n        X[n] = 1.0",
        "X[0] = missing",
        "return X[0], X[1]",
        "X[X[0]] = 1.0",
    ],
)
def test_what_the_layer_does_not_know_is_refused(body: str) -> None:
    with pytest.raises(Unsupported):
        text_of(f"def f(N, X):\n    {body}\n")


def test_loops_that_depend_on_each_other_stay_in_order() -> None:
    source = "def f(N, X):\n    for n in range(1, N):\n        X[n] = X[n - 1] * 2.0\n"
    assert "x float>" not in text_of(source)
