"""The machine and the versions a benchmark ran on, as text, and the one processor it keeps to."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
PACKAGES = ("symprop", "numpy", "numba", "llvmlite", "scipy", "sympy", "torch", "jax", "scikit-learn")


def one_processor() -> None:
    """Keep this process on one processor, and the libraries that it imports afterwards to one thread."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    if hasattr(os, "sched_setaffinity"):
        # JAX starts threads whatever its flags say; on one processor they are one
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])


def describe() -> str:
    """Processor, cores and versions, one line each."""
    lines = [f"machine: {_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"]
    lines.append(f"python {platform.python_version()}, " + ", ".join(_versions()))
    return "\n".join(lines)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def _versions() -> list[str]:
    out = []
    for package in PACKAGES:
        try:
            out.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return out
