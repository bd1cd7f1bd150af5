"""Time of a training step with several threads and with one, in turn, in one process.

    python -m benchmarks.threads [--workloads W4a,W6] [--threads 2] [--seconds 20] [--markdown]

Prints the machine, the versions and, for every workload, time by the clock on the wall in microseconds: the smallest of
all epochs, which is that of a machine that does nothing else, and that of all steps together, as the machine was.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.machine import describe
from benchmarks.training import head, row
from benchmarks.workloads import WORKLOADS, Workload

LARGE = "W4a,W4b,W5b,W6,W7"
TURN = 0.5
"""Seconds for which one number of threads is at its turn."""


def epochs(work: Workload, threads: int) -> dict[int, Callable[[], Any]]:
    """Functions that train one epoch, with one thread and with several, warmed up, their gradients equal."""
    from symprop import compile as build
    from symprop.network import build as network_of
    from symprop.spec import parse_spec

    module = build(network_of(parse_spec(work.spec, work.name)), backend="numba", dtype=work.dtype)
    x, y = work.data()
    params = module.Params(**work.weights())
    state = module.init_optimizer(params)

    def epoch(number: int) -> Any:
        return module.fit_chunk(params, state, x, y, 1, work.batch, work.lr, 0, False, 0, 1, threads=number)

    truth, found = (epoch(number)[0] for number in (1, threads))
    if not all(np.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in zip(truth, found, strict=True)):
        raise SystemExit(f"{work.name}: parameters with {threads} threads are others than with one")
    return {number: lambda number=number: epoch(number) for number in (1, threads)}  # type: ignore[misc]


def measured(runs: Mapping[int, Callable[[], Any]], seconds: float) -> dict[int, tuple[float, float]]:
    """Of every number of threads the shortest epoch, and the mean of all."""
    found: dict[int, list[float]] = {number: [] for number in runs}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for number, run in runs.items():
            turn = time.perf_counter() + TURN
            while time.perf_counter() < turn:
                start = time.perf_counter()
                run()
                found[number].append((time.perf_counter() - start) * 1e6)
    return {number: (min(times), sum(times) / len(times)) for number, times in found.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--workloads", default=LARGE, help="comma-separated names")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20.0, help="for each workload")
    parser.add_argument("--markdown", action="store_true", help="print a table for a document")
    given = parser.parse_args()
    print(describe())
    many = f"{given.threads} threads"
    print(head(["", "1 thread", many, "ratio", "all steps, 1", f"all steps, {given.threads}", "ratio"], given.markdown))
    for work in (w for w in WORKLOADS if w.name in given.workloads.split(",")):
        steps = work.rows // work.batch
        (one, ones), (more, mores) = measured(epochs(work, given.threads), given.seconds).values()
        times = [f"{one / steps:.1f}", f"{more / steps:.1f}", f"{one / more:.2f}"]
        times += [f"{ones / steps:.1f}", f"{mores / steps:.1f}", f"{ones / mores:.2f}"]
        print(row([work.name, *times], given.markdown), flush=True)


if __name__ == "__main__":
    main()
