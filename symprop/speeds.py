"""The constants of the floor of a plan, measured on this machine with vector code of the SIMD layer itself.

Enters: a dtype and a number of bytes.  Leaves: `Speeds`, in well under two seconds, most of which is compiling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numba import njit

from symprop.plan.floor import BYTES, Machine
from symprop.simd.link import barrier, lanes

SECONDS, ROUND_SECONDS, ROUNDS = 0.06, 0.001, 3
"""Of all rounds, of one, which is short so that some round is not disturbed, and how many there are at least."""
CACHED = 2**14
"""Bytes of an array that lies in any first-level cache."""
LARGE = 2**27
"""Bytes of an array that lies in memory."""
Kernel = Callable[..., None]


@dataclass(frozen=True)
class Speeds:
    """What was measured.

    Args:
        machine: for the floor; its bandwidth is that of arrays of `footprint` bytes.
        footprint: bytes of all arrays of a step.
        cache: bytes a second from and to the first-level cache.
        memory: bytes a second from and to memory.
    """

    machine: Machine
    footprint: int
    cache: float
    memory: float


def measured_speeds(dtype: str, footprint: int) -> Speeds:
    """Time a product of matrices in the first-level cache, the scaling of arrays, and exponentials.

    Args:
        dtype: of numbers.
        footprint: bytes of all arrays of a step, which find room in some cache or in none.
    """
    real, entries = np.dtype(dtype).type, CACHED // BYTES[dtype]
    multiply, scale, exponential = _kernels(dtype)
    a, b, c = (np.full(shape, 0.5, real) for shape in ((24, 64), (64, 32), (24, 32)))
    peak = 2 * 24 * 64 * 32 / _seconds(lambda count: multiply(a, b, c, count))
    whole = np.ones(LARGE // BYTES[dtype], real)
    sizes = (CACHED, min(max(CACHED, footprint), LARGE), LARGE)
    cache, own, memory = (_bandwidth(scale, whole[: size // BYTES[dtype]]) for size in sizes)
    x = np.linspace(-4, 4, entries).astype(real)
    y = np.empty_like(x)
    function = _seconds(lambda count: exponential(entries, x, y, count)) / entries
    return Speeds(Machine(peak, own, function), footprint, cache, memory)


def _bandwidth(scale: Kernel, array: Any) -> float:
    """Bytes a second that are read and written."""
    return 2 * float(array.nbytes) / _seconds(lambda count: scale(len(array), array, count))


def _seconds(run: Callable[[int], None]) -> float:
    """Of one of `count` runs: the smallest mean of several rounds."""
    run(1)
    count, elapsed = 1, _once(run, 1)
    while elapsed < ROUND_SECONDS:
        count = max(2 * count, int(count * ROUND_SECONDS / max(elapsed, 1e-7)))
        elapsed = _once(run, count)
    rounds = max(ROUNDS, int(SECONDS / elapsed))
    return min(_once(run, count) for _ in range(rounds)) / count


def _once(run: Callable[[int], None], count: int) -> float:
    start = perf_counter()
    run(count)
    return perf_counter() - start


def _kernels(dtype: str) -> tuple[Kernel, Kernel, Kernel]:
    """Compiled functions, of which the last argument says how often they run."""
    real = np.dtype(dtype).type

    @lanes(dtype, A="24, 64", B="64, 32", C="24, 32")
    def speed_of_products(N: int, A: Any, B: Any, C: Any) -> None:
        for n in range(24):
            for j in range(32):
                total = real(0.0)
                for i in range(64):
                    total += A[n, i] * B[i, j]
                C[n, j] = total

    @lanes(dtype, A="N")
    def speed_of_memory(N: int, A: Any) -> None:
        for n in range(N):
            A[n] = real(-1.0) * A[n]

    @lanes(dtype, A="N", B="N")
    def speed_of_exponentials(N: int, A: Any, B: Any) -> None:
        for n in range(N):
            B[n] = np.exp(A[n])

    @njit
    def multiply(a: Any, b: Any, c: Any, count: int) -> None:
        for _ in range(count):
            barrier()
            speed_of_products(24, a, b, c)

    @njit
    def scale(size: int, array: Any, count: int) -> None:
        for _ in range(count):
            barrier()
            speed_of_memory(size, array)

    @njit
    def exponential(size: int, x: Any, y: Any, count: int) -> None:
        for _ in range(count):
            barrier()
            speed_of_exponentials(size, x, y)

    return multiply, scale, exponential
