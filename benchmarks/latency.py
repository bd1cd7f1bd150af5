"""How long a user waits: commands, faults, derivations and first calls.

    python -m benchmarks.latency [--rounds 5] [--modules]

Prints the machine and the versions, then the smallest time of each over the rounds, in seconds.  Commands are timed as
whole processes; derivations once SymPy is imported.

Of generated modules the time of the processor is printed, as a table: of the first loss with its gradients and of a
first epoch, the first import of the module included, with an empty cache and NumPy imported; and of a process that
finds machine code in the cache, from its start to its result.  Beside it JAX, which keeps no code unless it is told to:
a first jitted call once JAX is imported, and with its start.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.machine import describe, one_processor
from benchmarks.workloads import WORKLOADS, Workload
from symprop import generate

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
WORKS = ("W1b", "W3", "W6")
OURS = """
import importlib.util, sys, time
import numpy as np
spec = importlib.util.spec_from_file_location("kernels", sys.argv[1] + "/kernels.py")
start = time.process_time()
m = importlib.util.module_from_spec(spec)
sys.modules["kernels"] = m
spec.loader.exec_module(m)
data = np.load(sys.argv[1] + "/data.npz")
params, rows = m.init_params(0), int(sys.argv[3])
if sys.argv[2] == "call":
    m.value_and_grad(params, data["x"][:rows], data["y"][:rows])
else:
    m.fit(params, data["x"], data["y"], epochs=1)
print(time.process_time() - start, time.process_time())
"""
JAX = """
import dataclasses, sys, time
import jax
imported = time.process_time()
from benchmarks.peers import jax_loss, jax_scan_runner
from benchmarks.workloads import WORKLOADS
work = dataclasses.replace(next(w for w in WORKLOADS if w.name == sys.argv[1]), epochs=1)
x, y = (jax.numpy.asarray(a) for a in work.data())
weights = {name: jax.numpy.asarray(w) for name, w in work.weights().items()}
if sys.argv[2] == "call":
    loss_of = jax_loss(work)
    start = time.process_time()
    jax.block_until_ready(jax.jit(jax.value_and_grad(loss_of))(weights, x[:work.batch], y[:work.batch]))
else:
    epoch = jax_scan_runner(work).epoch
    start = time.process_time()
    epoch()
first = time.process_time() - start
print(first, imported + first)
"""


def command_seconds(words: list[str], rounds: int) -> float:
    """The smallest wall time of `symprop WORDS` as a process."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "symprop", *words], capture_output=True, check=False)
        best = min(best, time.perf_counter() - start)
    return best


def perceptron(depth: int) -> str:
    """A spec of `depth` dense layers, 64 wide, tanh between them."""
    layers = [f"  - {{id: l{k}, type: dense, units: 64, activation: tanh}}" for k in range(1, depth)]
    return "\n".join(
        [
            "symprop: 1",
            "name: deep",
            "inputs: {x: {shape: [64]}, y: {role: target, classes: 10}}",
            "layers:",
            *layers,
            "  - {id: out, type: dense, units: 10, activation: softmax}",
            "loss: {type: cross_entropy, from: out, target: y}",
        ]
    )


def derivation_seconds(depth: int, rounds: int) -> float:
    """The smallest time to derive a perceptron, SymPy being imported."""
    from symprop.derivation import derive
    from symprop.session import parse_source

    network = parse_source(perceptron(depth)).network
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        derive(network)
        best = min(best, time.perf_counter() - start)
    return best


def module_seconds(work: Workload, folder: str, what: str, rounds: int) -> tuple[float, float]:
    """Of "call" or "epoch" the first one, and a process that finds its machine code."""
    words = ["-c", OURS, folder, what, str(work.batch)]
    cold = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(_processor_seconds(words, SYMPROP_CACHE_DIR=cache, PYTHONDONTWRITEBYTECODE="1")[0])
    with tempfile.TemporaryDirectory() as cache:
        warm = [_processor_seconds(words, SYMPROP_CACHE_DIR=cache)[1] for _ in range(rounds + 1)]
    return min(cold), min(warm[1:])


def jax_seconds(work: Workload, what: str, rounds: int) -> tuple[float, float]:
    """Of "call" or "epoch" the first one, without and with the start of JAX."""
    found = [_processor_seconds(["-c", JAX, work.name, what]) for _ in range(rounds)]
    return min(first for first, _ in found), min(whole for _, whole in found)


def _processor_seconds(words: list[str], **environment: str) -> tuple[float, float]:
    given = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"} | environment
    run = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True, env=given)
    first, whole = map(float, run.stdout.split())
    return first, whole


def print_modules(rounds: int) -> None:
    """The table of generated modules."""
    kinds = ("call", "epoch")
    heads = ["first call", "first epoch", "second process, call", "second process, epoch"]
    peers = [f"JAX, {w}" for w in (*heads[:2], "process, call", "process, epoch")] if find_spec("jax") else []
    print(f"|  | {' | '.join(heads + peers)} |\n| {' | '.join(['---'] * (1 + len(heads + peers)))} |")
    for work in (w for w in WORKLOADS if w.name in WORKS):
        with tempfile.TemporaryDirectory() as folder:
            generate(_written(Path(folder) / "net.yaml", work.spec), Path(folder) / "kernels.py", dtype=work.dtype)
            x, y = work.data()
            np.savez(Path(folder) / "data.npz", x=x, y=y)
            found = list(zip(*(module_seconds(work, folder, what, rounds) for what in kinds), strict=True))
        if peers:
            found += zip(*(jax_seconds(work, what, rounds) for what in kinds), strict=True)
        print(f"| {work.name} | {' | '.join(f'{seconds:.2f}' for pair in found for seconds in pair)} |", flush=True)


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--modules", action="store_true", help="the table of generated modules alone")
    options = parser.parse_args()
    one_processor()
    print(describe())
    if not options.modules:
        print_commands(options.rounds)
    print_modules(options.rounds)


def print_commands(rounds: int) -> None:
    """Commands, faults and derivations."""
    with tempfile.TemporaryDirectory() as folder:
        bad = _written(Path(folder) / "bad.yaml", perceptron(2).replace("tanh", "tanhh"))
        print(f"symprop --help             {command_seconds(['--help'], rounds):8.3f}")
        print(f"a fault in a spec          {command_seconds(['derive', str(bad)], rounds):8.3f}")
    print(f"derive, from the shell     {command_seconds(['derive', str(EXAMPLES / 'spam.yaml')], rounds):8.3f}")
    for depth in (2, 10, 50, 100):
        print(f"derive {depth:3} layers          {derivation_seconds(depth, rounds):8.3f}")


if __name__ == "__main__":
    main()
