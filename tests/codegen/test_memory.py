"""Memory: many calls keep none, and kernels touch nothing but their arrays."""

from __future__ import annotations

import gc
import mmap
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symprop
from symprop.codegen.module import generate_module
from symprop.network import build
from symprop.spec import parse_spec
from tests.codegen.guarded import data
from tests.codegen.perceptron import perceptron
from tests.simd.networks import SPECS

ROOT = Path(__file__).resolve().parent.parent.parent
STATM = Path("/proc/self/statm")
CALLS = 10_000
MORE = {
    "tokens": """
inputs: {tok: {shape: [4], vocabulary: 7}, y: {role: target, classes: 3}}
layers:
  - {id: emb, type: embedding, units: 5}
  - {id: drop, type: dropout, rate: 0.3}
  - {id: flat, type: flatten}
  - {id: norm, type: batch_norm}
  - {id: out, type: dense, units: 3}
loss: {type: softmax_cross_entropy, from: out, target: y}
optimizer: {type: adam, lr: 1e-3, clip_norm: 1.0}
""",
}


WIDE = """
inputs: {x: {shape: [33]}, y: {role: target, classes: 5}}
layers:
  - {id: fc, type: dense, units: 301, activation: relu}
  - {id: fd, type: dense, units: 75, activation: tanh}
  - {id: out, type: dense, units: 5}
loss: {type: softmax_cross_entropy, from: out, target: y}
"""


def resident_bytes() -> int:
    """Memory of this process."""
    gc.collect()
    return int(STATM.read_text().split()[1]) * mmap.PAGESIZE


def growth(call: Callable[[], object]) -> tuple[int, int]:
    """Bytes and blocks of Python's that this process has more after many calls, warmed up by others before."""
    for _ in range(CALLS // 5):
        call()
    before, blocks = resident_bytes(), sys.getallocatedblocks()
    for _ in range(CALLS):
        call()
    return resident_bytes() - before, sys.getallocatedblocks() - blocks


def grows(found: tuple[int, int]) -> bool:
    """True where every tenth call, or more of them, keeps a block, or 1 KB of an array."""
    return found[0] > 100 * CALLS or found[1] > CALLS // 10


@pytest.mark.skipif(not STATM.exists(), reason="this system does not say how much memory a process has")
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n == "dense" else pytest.mark.slow) for n in (*SPECS, *MORE)]
)
def test_ten_thousand_calls_keep_no_memory(name: str) -> None:
    text = {**SPECS, **MORE}[name]
    module = symprop.compile(build(parse_spec(f"symprop: 1\nname: kept_{name}\n{text}")))
    params, (x, y) = module.init_params(1), data(module, 13)
    kept = {
        "value_and_grad": growth(lambda: module.value_and_grad(params, x, y, seed=2)),
        "forward": growth(lambda: module.forward(params, x)),
        "fit": growth(lambda: module.fit(params, x, y, epochs=1, batch_size=8)),
    }
    assert not any(map(grows, kept.values())), kept


@pytest.mark.skipif(not STATM.exists(), reason="this system does not say how much memory a process has")
@pytest.mark.parametrize("thing", [lambda: np.ones(300), object], ids=["array", "object"])
def test_what_is_kept_is_seen(thing: Callable[[], object]) -> None:
    kept: list[object] = []
    assert grows(growth(lambda: kept.append(thing())))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_space_for_many_numbers_begins_with_a_line_of_the_cache(dtype: str) -> None:
    space: dict[str, Any] = {"__name__": "aligned"}
    exec(generate_module(perceptron(70, 60), "numpy", dtype), space)
    params = [np.full(shape, k + 0.5, dtype) for k, shape in enumerate(space["SHAPES"].values())]
    kept = [space["_flat"](params), *(space["_room"](size) for size in (4096, 4097, 9999))]
    assert [len(a) for a in kept] == [sum(p.size for p in params), 4096, 4097, 9999]
    assert all(a.ctypes.data % 64 == 0 and a.flags.c_contiguous and a.dtype == dtype for a in kept)
    np.testing.assert_array_equal(kept[0], np.concatenate([p.ravel() for p in params]))
    assert len(space["_room"](7)) == 7


FEW = {"spam"}
EXAMPLES = [
    pytest.param(path, id=path.stem, marks=() if path.stem in FEW else pytest.mark.slow)
    for path in sorted((ROOT / "examples").glob("*.yaml"))
]


def run(code: list[str]) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, *code],
        capture_output=True, text=True, cwd=ROOT, check=False, env={**os.environ, "PYTHONPATH": path},
    )


@pytest.mark.skipif(os.name != "posix", reason="pages are closed by mprotect")
@pytest.mark.parametrize("side", ["after", "before"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_kernels_stay_within_their_arrays(example: Path, side: str) -> None:
    """Where a workspace holds what is no number at first, the results are the same bits as well."""
    done = run(["-m", "tests.codegen.guarded", side, str(example)])
    assert done.returncode == 0, (done.stdout[-200:], done.stderr[-2000:])
    assert done.stdout.count("\n") == 16


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="pages are closed by mprotect")
@pytest.mark.parametrize("side", ["after", "before"])
def test_copies_of_rows_stay_within_their_arrays(side: str, tmp_path: Path) -> None:
    (tmp_path / "wide.yaml").write_text(f"symprop: 1\nname: wide\n{WIDE}")
    done = run(["-m", "tests.codegen.guarded", side, str(tmp_path / "wide.yaml")])
    assert done.returncode == 0, (done.stdout[-200:], done.stderr[-2000:])
    assert done.stdout.count("\n") == 16


@pytest.mark.skipif(os.name != "posix", reason="pages are closed by mprotect")
@pytest.mark.parametrize(("side", "offset"), [("after", 12), ("before", -4)])
def test_a_step_too_far_ends_the_process(side: str, offset: int) -> None:
    code = (
        "import ctypes, resource; from tests.codegen.guarded import Guarded\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        f"a = Guarded({side!r}).zeros(3, 'float32'); print(a.sum(), flush=True)\n"
        f"ctypes.string_at(a.ctypes.data + {offset}, 4)"
    )
    done = run(["-c", code])
    assert (done.returncode < 0, done.stdout) == (True, "0.0\n")
