"""Kernels at all extents 1, ..., 40, at every width of vectors, against the NumPy backend and plain NumPy.

    python -m pytest -m slow tests/simd/test_sizes.py       # all of them, some 30 minutes
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.simd.swept import FAMILIES, MLP, VECTORS, Swept, agree, module, parameters

TOLERANCES = {"float32": 1e-5, "float64": 1e-12}
NUMBERS = range(1, 41)
SAMPLE = {"mlp": (1, 16, 23), "classes": (8, 39), "images": (3, 29), "sequences": (13,)}
"""Extents below, at and above multiples of vectors, 1 and 40 among them."""


def check(family: Swept, number: int, dtype: str, bits: int = 0) -> None:
    """Forward pass, loss and gradients for all batches."""
    ours, reference = module(family, number, dtype, bits=bits), module(family, number, dtype, "numpy")
    extents, tolerance = family.extents(number), TOLERANCES[dtype]
    params = parameters(ours)
    exact = {name: p.astype(np.float64) for name, p in params._asdict().items()}
    for rows in family.rows:
        x, y = family.data(extents, rows, np.random.default_rng(rows))
        x = x.astype(dtype)
        y = y.astype(dtype) if y.dtype.kind == "f" else y
        out, loss, gradients = family.truth(exact, x.astype(np.float64), y)
        value, found = ours.value_and_grad(params, x, y)
        other, others = reference.value_and_grad(params, x, y)
        where = f"{extents}, N={rows}"
        assert abs(value - loss) <= tolerance * max(abs(loss), 1), where
        assert abs(value - other) <= tolerance * max(abs(loss), 1), where
        assert abs(ours.loss(params, x, y) - loss) <= tolerance * max(abs(loss), 1), where
        agree(ours.forward(params, x), out, tolerance, 1.0, f"{where}: output")
        floor = max(float(np.abs(g).max()) for g in gradients.values()) * 1e-2
        for name, truth in gradients.items():
            agree(getattr(found, name), truth, tolerance, floor, f"{where}: d{name}")
            agree(getattr(others, name), truth, tolerance, floor, f"{where}: d{name} of the NumPy backend")


def test_every_extent_is_swept() -> None:
    for family in FAMILIES:
        found = [family.extents(k) for k in NUMBERS]
        for name in found[0]:
            most = {"T": 12, "P": 20, "Q": 20, "U": 2, "V": 2}.get(name, 40)
            least = 2 if family.name == "classes" and name == "O" else 1
            assert {e[name] for e in found} == set(range(least, most + 1)), name


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize(
    ("family", "number"), [(f, k) for f in FAMILIES for k in SAMPLE[f.name]], ids=lambda v: str(v)
)
def test_some_extents(family: Swept, number: int, dtype: str) -> None:
    check(family, number, dtype)


@pytest.mark.parametrize("bits", VECTORS)
def test_some_extents_for_other_vectors(bits: int) -> None:
    check(MLP, 38, "float32", bits)


@pytest.mark.slow
@pytest.mark.parametrize("bits", VECTORS)
@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_all_extents(family: Swept, number: int, dtype: str, bits: int) -> None:
    check(family, number, dtype, bits)
