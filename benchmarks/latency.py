"""How long a user waits: commands, faults, derivations and first calls.

    python -m benchmarks.latency [--rounds 5]

Prints the machine and the versions, then the smallest time of each over the rounds, in seconds.  Commands are timed as
whole processes; derivations once SymPy is imported; the first call once Numba is imported, with an empty cache.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import describe

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
FIRST_CALL = """
import importlib.util, sys, time, numba, numpy as np
spec = importlib.util.spec_from_file_location("kernels", sys.argv[1])
start = time.perf_counter()
m = importlib.util.module_from_spec(spec); spec.loader.exec_module(m)
x, y = np.zeros((32, 64), np.float32), np.zeros(32, np.int64)
m.value_and_grad(m.init_params(0), x, y)
first = time.perf_counter() - start
m.fit(m.init_params(0), x, y, epochs=1)
print(first, time.perf_counter() - start)
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


def first_call_seconds() -> tuple[float, float]:
    """(value_and_grad, and fit after it) of a fresh digits module in a process that has imported Numba."""
    from symprop import generate

    with tempfile.TemporaryDirectory() as folder:
        path = generate(EXAMPLES / "digits.yaml", Path(folder) / "kernels.py", dtype="float32")
        environment = {**os.environ, "XDG_CACHE_HOME": folder}
        words = [sys.executable, "-c", FIRST_CALL, str(path)]
        run = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    first, both = map(float, run.stdout.split())
    return first, both


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(describe())
    with tempfile.TemporaryDirectory() as folder:
        bad = Path(folder) / "bad.yaml"
        bad.write_text(perceptron(2).replace("tanh", "tanhh"), encoding="utf-8")
        print(f"symprop --help             {command_seconds(['--help'], rounds):8.3f}")
        print(f"a fault in a spec          {command_seconds(['derive', str(bad)], rounds):8.3f}")
    print(f"derive, from the shell     {command_seconds(['derive', str(EXAMPLES / 'spam.yaml')], rounds):8.3f}")
    for depth in (2, 10, 50, 100):
        print(f"derive {depth:3} layers          {derivation_seconds(depth, rounds):8.3f}")
    first, both = first_call_seconds()
    print(f"first value_and_grad       {first:8.3f}\nfirst value_and_grad, fit  {both:8.3f}")


if __name__ == "__main__":
    main()
