"""Networks for processors with fewer features than this one: loss and gradients are the same to rounding."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llvmlite import binding

from tests.simd.networks import SPECS

ROOT = Path(__file__).resolve().parent.parent.parent
TOLERANCES = {"float32": 1e-5, "float64": 1e-12}
X86_64 = "+sse,+sse2,+cx8,+fxsr,+mmx,+cmov"
PROCESSORS: dict[str, tuple[dict[str, str], int]] = {
    "AVX2": ({"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": f"{X86_64},+sse4.2,+avx,+avx2,+fma,+bmi,+bmi2"}, 256),
    "AVX without FMA": ({"NUMBA_CPU_NAME": "sandybridge", "NUMBA_CPU_FEATURES": f"{X86_64},+sse4.2,+avx"}, 256),
    "SSE4": ({"NUMBA_CPU_NAME": "nehalem", "NUMBA_CPU_FEATURES": f"{X86_64},+sse3,+ssse3,+sse4.1,+sse4.2"}, 128),
    "SSE2": ({"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": X86_64}, 128),
    "generic": ({"NUMBA_CPU_NAME": "generic"}, 128),
}
"""What Numba is told, and the bits of the vectors that follow."""
QUICK = (("generic", "float32"),)
RUN = """
import json, sys
import numpy as np
from llvmlite import binding
import symprop
from symprop.network import build
from symprop.spec import parse_spec

found, texts = {}, []
emit = binding.TargetMachine.emit_object


def told(machine, module):
    texts.append(machine.emit_assembly(module))
    return emit(machine, module)


binding.TargetMachine.emit_object = told
for name, text in json.loads(sys.stdin.read()).items():
    texts.clear()
    m = symprop.compile(build(parse_spec(f"symprop: 1\\nname: {name}\\n{text}")), dtype=sys.argv[1])
    rng = np.random.default_rng(8)
    x = rng.standard_normal((17, *m.INPUTS["x"]["shape"]))
    y = rng.integers(0, m.TARGETS["y"]["classes"], 17)
    params = m.init_params(3)
    value, grads = m.value_and_grad(params, x, y)
    # the widest registers that the machine code of the gradient names
    code = "".join(texts)
    used = next((n for n in ("zmm", "ymm", "xmm") if f"%{n}" in code), "")
    arrays = {"forward": m.forward(params, x), **grads._asdict()}
    found[name] = {
        "bits": m.host_target().bits, "registers": used, "fma": "vfmadd" in code, "loss": value,
        "arrays": {n: a.astype(float).tolist() for n, a in arrays.items()},
    }
print(json.dumps(found))
"""


@cache
def results(folder: str, dtype: str, *settings: tuple[str, str]) -> dict[str, Any]:
    """What a process of its own computes, for the processor that the settings name."""
    mine = {n: v for n, v in os.environ.items() if not n.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, "-c", RUN, dtype],
        input=json.dumps(SPECS), capture_output=True, text=True, cwd=ROOT, check=False,
        env={**mine, "PYTHONPATH": os.pathsep.join([str(ROOT), mine.get("PYTHONPATH", "")]),
             "SYMPROP_CACHE_DIR": folder, **dict(settings)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One cache for all processors: kernels of one must not be taken for those of another."""
    return str(tmp_path_factory.mktemp("processors"))


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="names of x86 processors")
@pytest.mark.parametrize(
    ("processor", "dtype"),
    [
        pytest.param(p, dtype, marks=() if (p, dtype) in QUICK else pytest.mark.slow)
        for p in PROCESSORS
        for dtype in TOLERANCES
    ],
)
def test_fewer_features_give_the_same_gradients(processor: str, dtype: str, folder: str) -> None:
    settings, bits = PROCESSORS[processor]
    host = binding.get_host_cpu_features()
    if bits == 256 and not host.get("avx2" if processor == "AVX2" else "avx"):
        pytest.skip("this machine has not these features")
    full, limited = results(folder, dtype), results(folder, dtype, *settings.items())
    for case, found in limited.items():
        assert found["bits"] == bits, case
        assert found["registers"] == {128: "xmm", 256: "ymm"}[bits], case
        assert found["fma"] == (processor == "AVX2"), case
        expected, tolerance = full[case], TOLERANCES[dtype]
        assert abs(found["loss"] - expected["loss"]) <= tolerance * expected["loss"], case
        for name, truth in expected["arrays"].items():
            theirs = np.array(truth)
            worst = np.abs(np.array(found["arrays"][name]) - theirs).max()
            assert worst <= tolerance * np.abs(theirs).max(), f"{case}: {name}"
    # another rounding somewhere: what was compiled for the one was not run for the other
    if processor != "AVX2" or full["dense"]["bits"] != bits:
        assert any(limited[case]["arrays"] != full[case]["arrays"] for case in full)
