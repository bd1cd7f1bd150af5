"""Kernels at all extents 1, ..., 40, at every width of vectors, against the NumPy backend and plain NumPy.

    python -m pytest -m slow tests/simd/test_sizes.py       # all of them, some 30 minutes
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.simd.swept import FAMILIES, MLP, TOLERANCES, VECTORS, Swept, check

NUMBERS = range(1, 41)
SAMPLE = {"mlp": (1, 16, 23), "classes": (8, 40), "images": (3, 29), "sequences": (13,)}
"""Extents below, at and above multiples of vectors, 1 and 40 among them."""


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
    check(family.name, number, dtype)


@pytest.mark.parametrize("bits", VECTORS)
def test_some_extents_for_other_vectors(bits: int) -> None:
    check(MLP.name, 38, "float32", bits)


@pytest.fixture(scope="module")
def fresh() -> Iterator[Executor]:
    """Another process, a new one every now and then: compiled code, some 10 MB a network, stays until its end."""
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=40) as pool:
        yield pool


@pytest.mark.slow
@pytest.mark.parametrize("bits", VECTORS)
@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_all_extents(family: Swept, number: int, dtype: str, bits: int, fresh: Executor) -> None:
    fresh.submit(check, family.name, number, dtype, bits).result()
