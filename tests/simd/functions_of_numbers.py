"""Functions of numbers, arrays and calls, as they drive functions of loops: run by Python, and as machine code."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symprop.simd.link import compiler, lanes, part

real = np.float32
at = np.int64
TWELVE = 12
HALF = 0.5
compiled = compiler("float32", "")


@compiled
def quotients(a: Any, b: Any) -> Any:
    return (a // b) * 1000 + a % b - (a - b // 3)


@compiled
def bits(a: Any, k: Any) -> Any:
    z = np.uint64(a) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) + np.uint64(k)
    return np.int64((z % np.uint64(1001)) // np.uint64(7)) + (k << 3) + (k & 5) + (k | 9) + (k >> 1)


@compiled
def promoted(a: Any, x: Any, f: Any) -> Any:
    return a / 7 + f * a + x * f - HALF * x + TWELVE


@compiled
def single(f: Any, g: Any) -> Any:
    return real(f) * real(g) + real(0.1)


@compiled
def powers(x: Any, k: Any) -> Any:
    return x**3 - x**0 + 2.0**-3 + (1.0 + x * x) ** 0.75 + 0.9**k + k**4


@compiled
def functions(x: Any, k: Any) -> Any:
    total = math.sqrt(x) + np.exp(-x) + math.log(x) + np.floor(x) + abs(-x) + math.sin(x) * np.cos(x)
    return total + np.tanh(x) + math.erf(x) + np.log1p(x) + np.expm1(x) + math.sqrt(k)


@compiled
def extremes(a: Any, x: Any) -> Any:
    return min(a, 3, 7) + max(x, 0.5, -np.inf) + min(2, x)


@compiled
def conditions(a: Any, x: Any) -> Any:
    first = 1 if 0 <= a < 5 else 2 if a == 7 else 3
    second = 10 if not x > 0.5 or (a != 7 and x < 9) else 20
    third = 100 if x != x else 200
    return first + second + third + (a > 3)


@compiled
def guarded(values: Any, a: Any) -> Any:
    """An entry that is read only where there is one."""
    if a < len(values) and values[a] > 0:
        return values[a]
    return real(-1)


@compiled
def early(a: Any) -> Any:
    for i in range(a):
        if i * i > 50:
            return i
    return -a


@compiled
def loops(a: Any, b: Any) -> Any:
    total = 0
    for i in range(a):
        for j in range(i, b, 2):
            total += i * j
    for k in range(b - 1, -1, -1):
        total = 3 * total - k
    for m in range(0, b, a):
        total += 7 * m
    return total


@compiled
def entries(values: Any, grid: Any) -> Any:
    total = 0.0
    for i in range(len(grid)):
        for j in range(5):
            total += grid[i, j] * values[j + 1]
            grid[i, j] += i
    return total + grid.size + values.size + len(values)


@compiled
def reversed_in_place(values: Any) -> None:
    for i in range(len(values) // 2):
        j = len(values) - 1 - i
        values[i], values[j] = values[j], values[i]


@compiled
def filled(values: Any, other: Any) -> None:
    values[2:5] = real(1.5)
    values[5:] = other[: len(values) - 5]
    values[90:95] = 7


@compiled
def rows(grid: Any, a: Any) -> Any:
    few = grid[1:a]
    flat = few.reshape(few.size)
    back = flat.reshape((a - 1, 5))
    tail = part(flat, 5)
    return flat[3] + 10 * back[a - 2, 4] + 100 * tail[0] + 1000 * len(few) + len(flat)


@compiled
def inner(x: Any, k: Any) -> Any:
    return x + k


@compiled
def calls(values: Any, k: Any) -> Any:
    """A function called with numbers of several types, and one that gives nothing."""
    reversed_in_place(values)
    return inner(2, k) + inner(0.25, k) + inner(values[0], k)


@lanes("float32", values="N", out="N")
def doubled(N: Any, values: Any, out: Any, factor: Any) -> Any:
    total = real(0.0)
    for n in range(N):
        out[n] = values[n] * factor
    for n in range(N):
        total += values[n]
    return total


@compiled
def driven(values: Any, out: Any) -> Any:
    total = doubled(3, part(values, 1), part(out, 2), real(2.0))
    doubled(len(values), values, values, real(0.5))
    return total


@compiled
def perhaps(values: Any, places: Any, other: Any) -> Any:
    """An argument that may be None, and integers of 32 bits."""
    total = 0 if other is None else 100
    if other is not None:
        total += other[0]
    for k in range(len(places)):
        total += at(values[places[k]]) + inner_or(other, k)
        places[k] -= 3
    return total


@compiled
def inner_or(other: Any, k: Any) -> Any:
    return k if other is None else other[k] * 2


@compiled
def widened(values: Any, a: Any) -> Any:
    """A variable that is an integer, a single and a double in turn."""
    total = 0
    for k in range(len(values)):
        total = total + values[k] if k != a else values[k]
    if a > 100:
        total = a
    return total * total


@compiled
def collected(values: Any) -> Any:
    """What the layer does not know: a tuple."""
    low, high = values[0], values[-1]
    pair = (low, high)
    return pair[0] + pair[1]
