"""The machine and the versions a benchmark ran on, as text."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("symprop", "numpy", "numba", "llvmlite", "scipy", "sympy", "torch", "jax", "scikit-learn")


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
