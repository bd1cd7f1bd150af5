"""Machine code that a process finds in the user's folder: the same results, without Numba, and never stale."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from symprop.codegen import generate_module, load_module, write_module
from tests.codegen.perceptron import perceptron

RUN = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("kernels", {place!r})
m = importlib.util.module_from_spec(spec)
sys.modules["kernels"] = m
spec.loader.exec_module(m)
import numpy as np
rng = np.random.default_rng(0)
x, y, start = rng.normal(size=(21, 5)), rng.integers(0, 3, 21), m.init_params(3)
value, grads = m.value_and_grad(start, x, y)
params, history = m.fit(start, x, y, epochs=3, batch_size=4, seed=5)
loss = m.loss(params, x, y)
found = [value, *map(np.ravel, grads), *map(np.ravel, params), history.loss, loss, m.forward(params, x).ravel()]
print(np.hstack(found).astype(np.float64).tobytes().hex())
kernels = [m.gradient_kernel, m.train_kernel, m.loss_kernel, m.forward_kernel]
print(*[int(kept) for kernel in kernels for _, kept in getattr(kernel, "natives", [])])
print("numba" in sys.modules, m.CACHE)
"""


class Run(NamedTuple):
    results: str
    kept: str
    numba: bool
    folder: str


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return write_module(tmp_path / "kernels.py", generate_module(perceptron(), "numba"))


def run(place: Path, **environment: str) -> Run:
    mine = {n: v for n, v in os.environ.items() if not n.startswith("NUMBA_")}
    given = {**mine, "SYMPROP_CACHE_DIR": str(place.parent / "cache"), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    code = RUN.format(place=str(place))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=given)
    assert done.returncode == 0, done.stderr
    results, kept, last = done.stdout.splitlines()
    numba, _, folder = last.partition(" ")
    return Run(results, kept, numba == "True", folder)


def files(found: Run) -> list[Path]:
    return sorted(Path(found.folder).glob("*.native"))


def test_a_second_process_has_the_same_results_and_compiles_nothing(place: Path) -> None:
    first, second = run(place), run(place)
    assert (first.kept, second.kept) == ("0 0 0 0", "1 1 1 1")
    assert first.results == second.results
    assert not first.numba and not second.numba
    assert len(files(first)) == 4
    nowhere = run(place, SYMPROP_CACHE_DIR=os.devnull)
    assert (nowhere.folder, nowhere.kept, nowhere.results) == ("", "0 0 0 0", first.results)


def test_damaged_code_is_compiled_again(place: Path) -> None:
    first = run(place)
    changed, cut, empty, _ = files(first)
    content = changed.read_bytes()
    changed.write_bytes(content[:-200] + bytes(200))
    cut.write_bytes(cut.read_bytes()[:-1])
    empty.write_bytes(b"")
    second, third = run(place), run(place)
    assert second.kept.split().count("1") == 1
    assert third.kept == "1 1 1 1"
    assert first.results == second.results == third.results
    assert changed.read_bytes() == content


def test_code_for_another_processor_is_none_for_this_one(place: Path) -> None:
    first, other, again = run(place), run(place, NUMBA_CPU_NAME="generic"), run(place)
    assert (other.kept, again.kept) == ("0 0 0 0", "1 1 1 1")
    assert run(place, NUMBA_CPU_NAME="generic").kept == "1 1 1 1"
    assert first.folder == other.folder and first.results == again.results
    assert len(files(first)) == 8


def test_another_version_and_another_source_are_other_folders(place: Path, tmp_path: Path) -> None:
    first = run(place)
    information = tmp_path / "site" / "numba-99.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: numba\nVersion: 99.0\n")
    newer = run(place, PYTHONPATH=os.pathsep.join([str(tmp_path / "site"), *os.environ.get("PYTHONPATH", "").split()]))
    assert newer.folder != first.folder and newer.kept == "0 0 0 0"
    place.write_text(place.read_text().replace("real(0.1)", "real(0.2)"))
    changed = run(place)
    assert changed.folder not in (first.folder, newer.folder) and changed.kept == "0 0 0 0"
    assert changed.results != first.results


def test_two_processes_at_once(place: Path) -> None:
    given = {**os.environ, "SYMPROP_CACHE_DIR": str(place.parent / "cache")}
    words = [sys.executable, "-c", RUN.format(place=str(place))]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=given) for _ in range(2)]
    results = {process.communicate()[0].splitlines()[0] for process in both}
    after = run(place)
    assert results == {after.results}
    assert after.kept == "1 1 1 1" and len(files(after)) == 4


def test_a_folder_that_cannot_be_written_is_read(place: Path) -> None:
    first = run(place)
    missing = files(first)[0]
    missing.unlink()
    folder = Path(first.folder)
    folder.chmod(0o500)
    try:
        second = run(place)
    finally:
        folder.chmod(0o700)
    assert second.results == first.results
    assert second.kept.split().count("1") == 3


def test_python_runs_the_same_functions(place: Path) -> None:
    compiled, plain = run(place), run(place, NUMBA_DISABLE_JIT="1")
    import numpy as np

    ours, theirs = (np.frombuffer(bytes.fromhex(r.results)) for r in (compiled, plain))
    assert plain.kept == ""
    np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)


DROP = """
import gc, importlib.util, sys, weakref
for _ in range(6):
    spec = importlib.util.spec_from_file_location("kernels", {place!r})
    m = importlib.util.module_from_spec(spec)
    sys.modules["kernels"] = m
    spec.loader.exec_module(m)
    params = m.init_params(0)
    m.value_and_grad(params, [[0.5] * 5], [1])
    m.loss(params, [[0.5] * 5], [1])
    gone = weakref.ref(m.loss_kernel)
    del sys.modules["kernels"], m, params, spec
    gc.collect()
    assert gone() is None
"""


def test_a_module_that_nobody_holds_takes_its_code_with_it(place: Path) -> None:
    for folder in ("cache", os.devnull):
        given = {**os.environ, "SYMPROP_CACHE_DIR": str(place.parent / folder)}
        done = subprocess.run([sys.executable, "-c", DROP.format(place=str(place))], capture_output=True, env=given)
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_module_that_differs_from_its_file_in_memory_has_code_of_its_own() -> None:
    m = load_module(generate_module(perceptron(4), "numba"), "drifting")
    before = m.loss_kernel._memory()
    assert before == m.gradient_kernel._memory()
    for name, value in (("TRAINED", m.TRAINED + 1), ("stage1", m.stage2)):
        own = vars(m)[name]
        setattr(m, name, value)
        assert m.loss_kernel._memory() != before, name
        setattr(m, name, own)
    assert m.loss_kernel._memory() == before
