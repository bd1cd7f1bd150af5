"""Calling the command line within the process, and as a process of its own."""

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"

SPEC = """\
symprop: 1
name: tiny
inputs: {x: {shape: [3]}, y: {shape: [1], role: target}}
layers:
  - {id: out, type: dense, units: 1, activation: sigmoid}
loss: {type: binary_cross_entropy, from: out, target: y}
optimizer: {type: adam, lr: 0.1}
training: {epochs: 5, batch_size: 8, seed: 1, dtype: float64}
data: {train: {path: tiny.csv}, standardize: true, split: {validation: 0.2, test: 0.2, stratify: true}}
metrics: [accuracy, auc]
"""


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


def process(*arguments: str, folder: Path, stdin: str = "", env: Mapping[str, str] | None = None) -> Finished:
    """The command as a process, from the launcher of the checkout."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *arguments],
        cwd=folder,
        input=stdin,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def cpu_seconds(*arguments: str, folder: Path) -> float:
    """Processor time of a call, the least of three: other processes on the machine do not count."""
    return min(_once(arguments, folder) for _ in range(3))


def _once(arguments: tuple[str, ...], folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process(*arguments, folder=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table_of(rows: int, columns: int = 3) -> str:
    """CSV of rows whose class is the sign of their first column, which is never near 0."""
    lines = [",".join([*(f"f{i}" for i in range(columns)), "label"])]
    for row in range(rows):
        sign = 1 if row % 2 else -1
        values = [sign * (1 + row % 5), *((row * (i + 3)) % 7 - 3 for i in range(1, columns))]
        lines.append(",".join(map(str, [*values, int(sign > 0)])))
    return "\n".join(lines) + "\n"
