"""Kernels on arrays that end, or begin, where a process may neither read nor write: a step too far ends it.

    python -m tests.codegen.guarded after net.yaml        or `before`, and any number of specs
"""

from __future__ import annotations

import ctypes
import math
import mmap
import sys
from types import ModuleType
from typing import Any

import numpy as np

import symprop

BATCHES = (1, 2, 3, 5, 8, 16, 17, 33)


class Guarded:
    """NumPy, with arrays of its own: those a generated module makes for its kernels, and the bytes of all of them.

    Args:
        side: "after" or "before", where the page lies that nobody may touch; "" for none.
    """

    def __init__(self, side: str = "") -> None:
        self.side, self.made = side, list[tuple[str, int]]()

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def array_of(self, word: str, shape: Any, dtype: Any) -> Any:
        size = math.prod(shape if isinstance(shape, tuple) else (shape,)) * np.dtype(dtype).itemsize
        self.made.append((word, size))
        if not self.side:
            return np.empty(shape, dtype)
        page = mmap.PAGESIZE
        room = -(-max(size, 1) // page) * page
        memory = np.frombuffer(mmap.mmap(-1, room + page), np.uint8)
        closed, start = (room, room - size) if self.side == "after" else (0, page)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mprotect(ctypes.c_void_p(memory.ctypes.data + closed), ctypes.c_size_t(page), 0):
            raise OSError(ctypes.get_errno(), "mprotect")
        return memory[start : start + size].view(dtype).reshape(shape)

    def empty(self, shape: Any, dtype: Any = float) -> Any:
        """Numbers that would show if they were read."""
        found = self.array_of("empty", shape, dtype)
        found[...] = np.nan if found.dtype.kind == "f" else -(2**40)
        return found

    def zeros(self, shape: Any, dtype: Any = float) -> Any:
        """Zeros."""
        found = self.array_of("zeros", shape, dtype)
        found[...] = 0
        return found

    def require(self, array: Any, dtype: Any = None, requirements: Any = ()) -> Any:
        """What kernels read."""
        found = self.array_of("require", array.shape, dtype)
        found[...] = array
        return found


def data(module: ModuleType, rows: int) -> tuple[Any, Any]:
    """Inputs and targets by chance, as the tables of the module want them."""
    rng, parts = np.random.default_rng(rows), []
    for table in (module.INPUTS, module.TARGETS):
        found = {}
        for name, row in table.items():
            shape = (rows, *row["shape"])
            if row["kind"] == "real":
                low, top = row.get("low"), row.get("top")
                drawn = rng.standard_normal(shape)
                found[name] = drawn if low is None and top is None else rng.integers(0, 2, shape)
            else:
                found[name] = rng.integers(0, row["classes"], shape)
        parts.append(next(iter(found.values())) if len(found) == 1 else found)
    return parts[0], parts[1]


def results(module: ModuleType, params: Any, rows: int) -> list[Any]:
    """Of every function that runs a kernel."""
    x, y = data(module, rows)
    value, grads = module.value_and_grad(params, x, y, seed=3)
    trained, history = module.fit(params, x, y, epochs=2, batch_size=5, seed=1)
    return [module.forward(params, x), module.loss(params, x, y), value, *grads, *trained, history.loss]


def main(side: str, *files: str) -> None:
    """Compare the results of guarded arrays with those of plain ones."""
    for file in files:
        for dtype in ("float32", "float64"):
            module = symprop.compile(file, dtype=dtype)
            params = module.init_params(2)
            plain = {rows: results(module, params, rows) for rows in BATCHES}
            module.np = guarded = Guarded(side)  # type: ignore[attr-defined]
            # to the entry, also where there is more of it so that it begins with a line of the cache
            module._room = lambda size, of=guarded, real=module.real: of.empty(size, real)  # type: ignore[attr-defined]
            for rows, expected in plain.items():
                print(file, dtype, rows, flush=True)
                for a, b in zip(results(module, params, rows), expected, strict=True):
                    np.testing.assert_array_equal(a, b)
                    assert np.isfinite(a).all()


if __name__ == "__main__":
    main(*sys.argv[1:])
