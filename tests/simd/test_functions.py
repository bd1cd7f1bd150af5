"""Functions of vectors against mpmath, at every width, in units of the last place."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from itertools import count

import mpmath
import numpy as np
import pytest
from llvmlite import binding

from symprop.simd.functions import FUNCTIONS
from symprop.simd.lanes import Lanes

TYPES = {"float": np.float32, "double": np.float64}
WIDTHS = [("float", 1), ("float", 4), ("float", 8), ("double", 1), ("double", 2), ("double", 4)]
LIMIT = {"exp": 1.0, "expm1": 1.6, "log": 1.0, "log1p": 1.0, "tanh": 2.0}
Points = np.ndarray
engines: list[object] = []


def compiled(name: str, kind: str, width: int) -> Callable[[Points], Points]:
    """The function over arrays, a vector at a time."""
    lines: list[str] = []
    declared: set[str] = set()
    numbers = count()
    lanes = Lanes(kind, width, lines, lambda: f"%v{next(numbers)}", declared)
    result, own = FUNCTIONS[name](lanes, "%x"), f"{name}_{kind}_{width}"
    align = TYPES[kind]().itemsize
    text = "\n".join(
        [
            *sorted(declared),
            f"define void @{own}(ptr %a, ptr %b, i64 %n) {{",
            "entry:",
            "  br label %step",
            "step:",
            "  %i = phi i64 [ 0, %entry ], [ %j, %step ]",
            f"  %p = getelementptr {kind}, ptr %a, i64 %i",
            f"  %q = getelementptr {kind}, ptr %b, i64 %i",
            f"  %x = load {lanes.type}, ptr %p, align {align}",
            *lines,
            f"  store {lanes.type} {result}, ptr %q, align {align}",
            f"  %j = add i64 %i, {width}",
            "  %c = icmp slt i64 %j, %n",
            "  br i1 %c, label %step, label %end",
            "end:",
            "  ret void",
            "}",
        ]
    )
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    module = binding.parse_assembly(text)
    module.verify()
    target = binding.Target.from_default_triple()
    features = binding.get_host_cpu_features().flatten()
    machine = target.create_target_machine(cpu=binding.get_host_cpu_name(), features=features, opt=2)
    engine = binding.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    engines.append(engine)
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(engine.get_function_address(own))

    def run(points: Points) -> Points:
        padded = np.resize(points, -(-len(points) // width) * width)
        found = np.empty_like(padded)
        call(padded.ctypes.data, found.ctypes.data, len(padded))
        return found[: len(points)]

    return run


def points(kind: str) -> Points:
    """Near 0, near 1, far out, at the ends, and bit patterns by chance."""
    real, rng = TYPES[kind], np.random.default_rng(0)
    scaled = [rng.normal(size=80) * scale for scale in (1e-6, 1e-3, 0.1, 1, 10, 80)]
    places = [np.linspace(-1, 1, 201), np.linspace(0.5, 2, 201), np.linspace(-12, 12, 100)]
    ends = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, 1e-310, 1e30, -1e30, 88.7, -88, -103.9, 709.7, -745.1, -1, 1]
    whole = np.int32 if kind == "float" else np.int64
    bits = rng.integers(0, np.iinfo(whole).max, 300, dtype=whole).view(real)
    with np.errstate(all="ignore"):
        return np.concatenate([*scaled, *places, ends, bits, -bits]).astype(real)


@pytest.fixture
def precise() -> Iterator[None]:
    """Enough digits for any truth, the difference from 1 of a tiny number included."""
    with mpmath.workprec(1200):
        yield


@pytest.mark.parametrize(("kind", "width"), WIDTHS)
@pytest.mark.parametrize("name", LIMIT)
@pytest.mark.usefixtures("precise")
def test_functions_are_right_to_the_last_place_or_two(name: str, kind: str, width: int) -> None:
    real, x = TYPES[kind], points(kind)
    found = compiled(name, kind, width)(x)
    largest = float(np.finfo(real).max)
    checked = 0
    with np.errstate(all="ignore"):
        special = getattr(np, name)(x)
    for place, value, other in zip(x, found, special, strict=True):
        if not np.isfinite(place) or not np.isfinite(other) or not other:
            assert value == other or (np.isnan(value) and np.isnan(other)), place
            assert np.isnan(value) or np.signbit(value) == np.signbit(other), place
            continue
        truth = getattr(mpmath, name)(mpmath.mpf(float(place)))
        if abs(truth) > largest:
            continue
        unit = mpmath.mpf(float(np.spacing(real(abs(float(truth))))))
        assert abs(mpmath.mpf(float(value)) - truth) <= LIMIT[name] * unit, place
        checked += 1
    assert checked > 500


@pytest.mark.parametrize(("kind", "width"), WIDTHS)
def test_the_sign_of_zeros_and_of_what_is_no_number(kind: str, width: int) -> None:
    x = points(kind)
    np.testing.assert_array_equal(compiled("sign", kind, width)(x), np.sign(x))


@pytest.mark.parametrize(("kind", "width"), WIDTHS)
@pytest.mark.parametrize("name", ["sin", "cos", "erf", "erfc"])
@pytest.mark.usefixtures("precise")
def test_functions_of_the_c_library_reach_every_lane(name: str, kind: str, width: int) -> None:
    real = TYPES[kind]
    x = np.linspace(-3, 3, 61).astype(real)
    found = compiled(name, kind, width)(x)
    for place, value in zip(x, found, strict=True):
        truth = float(getattr(mpmath, name)(mpmath.mpf(float(place))))
        assert abs(float(value) - truth) <= 3 * float(np.spacing(real(max(abs(truth), 1e-3)))), place
