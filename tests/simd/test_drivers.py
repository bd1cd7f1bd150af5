"""Functions that drive functions of loops, as machine code against the same functions run by Python."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numba.core.errors import TypingError

from symprop.simd import link
from symprop.simd.link import Compiled, Loops, Part
from symprop.simd.reading import Unsupported
from tests.simd import functions_of_numbers as written

SINGLE = np.float32(0.3)
LISTS: dict[str, list[tuple[Any, ...]]] = {
    "quotients": [(a, b) for a in (-17, -3, 0, 5, 18) for b in (-7, -3, 1, 4)],
    "bits": [(12345678901234, 3), (1, 77)],
    "promoted": [(np.int64(a), np.float64(x), SINGLE) for a, x in ((-3, 0.7), (2**40, 1e300))],
    "single": [(0.1, 0.7), (SINGLE, 3.0)],
    "powers": [(0.3, 2), (-1.7, 5)],
    "functions": [(0.3, 3), (2.5, 0)],
    "extremes": [(2, 0.1), (9, 3.5), (9, -1.0)],
    "conditions": [(a, x) for a in (-1, 0, 4, 5, 7) for x in (0.1, 0.9, 11.0, float("nan"))],
    "early": [(3,), (100,), (0,)],
    "loops": [(3, 8), (7, 7), (1, 2)],
}


def by_python(function: Compiled, *given: Any) -> Any:
    """The function and all that it calls, run by Python."""
    space, own = vars(written), {}
    for name, value in space.items():
        if isinstance(value, Compiled):
            own[name] = value
    try:
        space.update({name: value.function for name, value in own.items()})
        with np.errstate(over="ignore"):
            return function.function(*given)
    finally:
        space.update(own)


@pytest.mark.parametrize(("name", "given"), [(n, g) for n, lists in LISTS.items() for g in lists])
def test_numbers(name: str, given: tuple[Any, ...]) -> None:
    function = getattr(written, name)
    expected, found = by_python(function, *given), function(*given)
    assert "by_numba" not in vars(function)
    assert isinstance(found, int) == isinstance(expected, int | np.integer)
    np.testing.assert_allclose(found, expected, rtol=1e-6 if name == "single" else 1e-15)


def arrays() -> dict[str, tuple[Any, ...]]:
    rng = np.random.default_rng(4)
    values, grid = rng.normal(size=9).astype(np.float32), rng.normal(size=(4, 5)).astype(np.float32)
    return {
        "entries": (values, grid),
        "reversed_in_place": (values,),
        "filled": (values, rng.normal(size=7).astype(np.float32)),
        "rows": (grid, 3),
        "calls": (values, 3),
        "driven": (values, np.zeros(6, np.float32)),
        "collected": (values,),
    }


@pytest.mark.parametrize("name", arrays())
def test_arrays(name: str) -> None:
    function, given, expected = getattr(written, name), arrays()[name], arrays()[name]
    found, truth = function(*given), by_python(function, *expected)
    assert ("by_numba" in vars(function)) == (name == "collected")
    if truth is not None:
        np.testing.assert_allclose(found, truth, rtol=1e-6)
    for ours, theirs in zip(given, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("other", [None, np.array([3, 5, 8, 11], np.int64)], ids=["None", "array"])
def test_what_may_be_none(other: Any) -> None:
    values = np.array([7, -2, 9, 40], np.int64)
    ours, theirs = np.array([3, 0, 1], np.int32), np.array([3, 0, 1], np.int32)
    found = written.perhaps(values, ours, other)
    assert "by_numba" not in vars(written.perhaps)
    assert found == by_python(written.perhaps, values, theirs, other)
    assert list(ours) == list(theirs) == [0, -3, -2]


@pytest.mark.parametrize("a", [2, 101])
def test_a_variable_holds_all_that_it_is_given(a: int) -> None:
    values = arrays()["calls"][0]
    found = written.widened(values, a)
    assert "by_numba" not in vars(written.widened)
    np.testing.assert_allclose(found, by_python(written.widened, values.astype(float), a), rtol=1e-15)


def test_an_entry_is_read_only_where_there_is_one() -> None:
    values = np.array([2.5, -1.0], np.float32)
    assert [written.guarded(values, a) for a in (0, 1, 2, 10**12)] == [2.5, -1.0, -1.0, -1.0]


def test_a_division_by_zero_ends_nothing() -> None:
    assert [written.quotients(a, 0) for a in (0, 5, -5)] == [0, -5, 5]


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 10), np.float32)[:, ::2], np.zeros((4, 5), np.int16), np.zeros((4, 5), ">f4"),
              np.zeros((4, 5), np.float32).T.copy().T, np.zeros((4, 5), np.float32, order="F")],
    ids=["steps", "type", "byte order", "columns", "order"],
)
def test_memory_of_another_form_is_never_taken_for_what_it_is_not(wrong: Any) -> None:
    kinds = tuple((a.dtype, a.ndim, a.flags.carray) for a in (wrong,))
    with pytest.raises(Unsupported):
        link._word(kinds[0])


def test_a_function_of_loops_is_given_arrays_of_its_own_types() -> None:
    with pytest.raises(TypeError, match="doubled: an array of double for values"):
        written.driven(np.zeros(9), np.zeros(9))


def test_a_read_only_array_is_not_written() -> None:
    values = np.arange(6, dtype=np.float32)
    values.setflags(write=False)
    with pytest.raises(TypingError, match="readonly"):
        written.reversed_in_place(values)
    assert list(values) == [0, 1, 2, 3, 4, 5]


def test_without_the_headers_of_arrays_their_addresses_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "_shows_headers", lambda: False)
    function = Compiled(written.entries.function, "float32", "")
    given, expected = arrays()["entries"], arrays()["entries"]
    assert function(*given) == written.entries(*expected)
    assert all((a == b).all() for a, b in zip(given, expected, strict=True))
    assert "call_slowly" in function.trusted.__qualname__ or any(
        "call_slowly" in f.__qualname__ for f in function.ready.values()
    )


def test_numba_takes_them_for_functions_of_its_own() -> None:
    from numba import njit

    space = {"driven": written.driven, "doubled": written.doubled, "part": written.part}
    assert [type(v) for v in space.values()] == [Compiled, Loops, Part]
    exec("def both(a, b):\n    return driven(a, b) + doubled(2, part(a, 1), b, a[0])", space)
    values, out = arrays()["driven"]
    expected, room = arrays()["driven"]
    found, first = njit(space["both"])(values, out), by_python(written.driven, expected, room)
    second = written.doubled(2, expected[1:], room, expected[0])
    np.testing.assert_allclose(found, first + second, rtol=1e-6)
    np.testing.assert_allclose(out, room, rtol=1e-6)


def test_numba_is_not_imported() -> None:
    code = "import sys; from tests.simd.functions_of_numbers import early; print(early(100), 'numba' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["8", "False"]
