"""Time of a training step against other libraries, in one process, one thread.

    python -m benchmarks.training [--workloads W1a,W3] [--rounds 7]

Prints the machine, the versions and, for every workload, the smallest time of a step over interleaved rounds in
microseconds.  Ratios matter; absolute times move with the machine.  Before anything is timed the gradients of the first
batch are compared with those of symprop.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import argparse  # noqa: E402  (threads are set before any library starts its own)
import time  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks.machine import describe  # noqa: E402
from benchmarks.peers import PEERS, Runner  # noqa: E402
from benchmarks.workloads import WORKLOADS, Workload  # noqa: E402

GRADIENT_TOLERANCE = 1e-4


def prepared(work: Workload) -> dict[str, Runner]:
    """All peers of a workload, warmed up, their gradients equal to those of symprop."""
    runners = {name: make(work) for name, make in PEERS.items()}
    ours = runners["symprop"].gradients
    for name, runner in runners.items():
        for a, b in zip(ours, runner.gradients, strict=True):
            error = np.linalg.norm(a - b) / max(np.linalg.norm(a), 1e-12)
            if not error < GRADIENT_TOLERANCE:
                raise SystemExit(f"{work.name}: gradients of {name} differ by {error:.1e}")
        runner.epoch()
    return runners


def step_microseconds(work: Workload, rounds: int) -> dict[str, float]:
    """The smallest time of a step over rounds in which every peer trains one epoch."""
    runners = prepared(work)
    steps = work.rows // work.batch
    best = dict.fromkeys(runners, float("inf"))
    for _ in range(rounds):
        for name, runner in runners.items():
            start = time.perf_counter()
            runner.epoch()
            best[name] = min(best[name], (time.perf_counter() - start) / steps * 1e6)
    return best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--workloads", default=",".join(w.name for w in WORKLOADS), help="comma-separated names")
    parser.add_argument("--rounds", type=int, default=7, help="epochs of each peer, taken in turn")
    given = parser.parse_args()
    chosen = given.workloads.split(",")
    print(describe())
    print("microseconds a step: " + ", ".join(PEERS) + "; last column: best peer / symprop")
    for work in (w for w in WORKLOADS if w.name in chosen):
        best = step_microseconds(work, given.rounds)
        peers = [value for name, value in best.items() if name != "symprop"]
        ratio = f"{min(peers) / best['symprop']:8.2f}x" if peers else ""
        print(f"{work.name:5}" + "".join(f"{value:12.3f}" for value in best.values()) + ratio, flush=True)


if __name__ == "__main__":
    main()
