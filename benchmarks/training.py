"""Time of a training step and of a single call against other libraries, in one process, one thread.

    python -m benchmarks.training [--workloads W1a,W3] [--rounds 7] [--markdown]

Prints the machine, the versions and, for every workload, the smallest time over interleaved rounds in microseconds: of
a step within an epoch, and of one loss with its gradients called from Python.  Ratios matter; absolute times move with
the machine.  Before anything is timed the gradients of the first batch are compared with those of symprop.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import argparse  # noqa: E402  (threads are set before any library starts its own)
import time  # noqa: E402
from collections.abc import Callable, Mapping  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks.machine import describe  # noqa: E402
from benchmarks.peers import PEERS, Runner  # noqa: E402
from benchmarks.workloads import WORKLOADS, Workload  # noqa: E402

GRADIENT_TOLERANCE = 1e-4
if hasattr(os, "sched_setaffinity"):
    # JAX starts threads whatever its flags say; on one processor they are one
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
SECONDS = 0.2
"""Calls are repeated for so long in a round."""


def prepared(work: Workload) -> dict[str, Runner]:
    """All peers of a workload, warmed up, their gradients equal to those of symprop."""
    runners = {name: make(work) for name, make in PEERS.items()}
    ours = runners["symprop"].gradients
    for name, runner in runners.items():
        for parameter, truth in ours.items():
            # the key bias of attention has none
            size = max(np.linalg.norm(truth), 1e-6 * max(np.linalg.norm(g) for g in ours.values()))
            error = np.linalg.norm(runner.gradients[parameter] - truth) / size
            if not error < GRADIENT_TOLERANCE and np.linalg.norm(truth) > 1e-6:
                raise SystemExit(f"{work.name}: the gradient of {parameter} of {name} differs by {error:.1e}")
        runner.epoch()
    return runners


def step_microseconds(work: Workload, runners: Mapping[str, Runner], rounds: int) -> dict[str, float]:
    """The smallest time of a step over rounds in which every peer trains one epoch."""
    steps = work.rows // work.batch
    return {name: found / steps for name, found in _best({n: r.epoch for n, r in runners.items()}, rounds).items()}


def call_microseconds(runners: Mapping[str, Runner], rounds: int) -> dict[str, float]:
    """The smallest time of a loss with its gradients, called from Python."""
    calls = {name: runner.call for name, runner in runners.items() if runner.call is not None}
    return _best(calls, rounds, SECONDS)


def _best(works: Mapping[str, Callable[[], object]], rounds: int, seconds: float = 0.0) -> dict[str, float]:
    best = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, run in works.items():
            end = time.perf_counter() + seconds
            while True:
                start = time.perf_counter()
                run()
                now = time.perf_counter()
                best[name] = min(best[name], (now - start) * 1e6)
                if now >= end:
                    break
    return best


def line(name: str, best: Mapping[str, float], markdown: bool) -> str:
    """A row of the table; the last column is the best peer over symprop."""
    others = [value for peer, value in best.items() if peer != "symprop"]
    ratio = f"{min(others) / best['symprop']:.2f}" if others else ""
    values = [f"{best[peer]:.1f}" if peer in best else "" for peer in PEERS]
    cells = [name, *values, ratio]
    if markdown:
        return "| " + " | ".join(cells) + " |"
    return "".join(f"{cell:>12}" for cell in cells)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--workloads", default=",".join(w.name for w in WORKLOADS), help="comma-separated names")
    parser.add_argument("--rounds", type=int, default=7, help="epochs of each peer, taken in turn")
    parser.add_argument("--markdown", action="store_true", help="print tables for a document")
    given = parser.parse_args()
    chosen = given.workloads.split(",")
    print(describe())
    heads = ["", *PEERS, "best/symprop"]
    rows: dict[str, list[str]] = {"a step of training": [], "a loss with its gradients, called from Python": []}
    for work in (w for w in WORKLOADS if w.name in chosen):
        runners = prepared(work)
        tables = (step_microseconds(work, runners, given.rounds), call_microseconds(runners, min(given.rounds, 5)))
        for title, best in zip(rows, tables, strict=True):
            rows[title].append(line(work.name, best, given.markdown))
            if not given.markdown:
                print(f"{title:45} {rows[title][-1]}", flush=True)
    for title, lines in rows.items():
        print(f"\n{title}, microseconds\n")
        if given.markdown:
            print("| " + " | ".join(heads) + " |\n" + "| --- " * len(heads) + "|")
        else:
            print("".join(f"{head:>12}" for head in heads))
        print("\n".join(lines))


if __name__ == "__main__":
    main()
