"""Time of a training step and of a single call against other libraries, in one process, one thread.

    python -m benchmarks.training [--workloads W1a,W3] [--rounds 7] [--markdown]

Prints the machine, the versions and, for every workload, the smallest time of the processor over interleaved rounds in
microseconds: of a step within an epoch, and of one loss with its gradients called from Python.  Ratios matter; absolute
times move with the machine.  Before anything is timed the gradients of the first batch are compared with symprop's.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks.machine import describe, one_processor
from benchmarks.peers import PEERS, Runner, able
from benchmarks.workloads import WORKLOADS, Workload

# torch keeps the slope of hard_sigmoid, 1/6, in float32
GRADIENT_TOLERANCE = {"float32": 1e-4, "float64": 1e-7}
# what other programs take of the processor is not counted; Windows counts it in ticks of 16 ms
clock = time.process_time if time.get_clock_info("process_time").resolution <= 1e-6 else time.perf_counter
SECONDS = 0.1
"""Calls and epochs of a peer are repeated for so long in a round."""


def prepared(work: Workload) -> dict[str, Runner]:
    """The peers that can train a workload, warmed up, their gradients equal to those of symprop."""
    runners = {name: PEERS[name](work) for name in PEERS if able(name, work)}
    ours = runners["symprop"].gradients
    for name, runner in runners.items():
        for parameter, truth in ours.items():
            # the key bias of attention has none
            size = max(np.linalg.norm(truth), 1e-6 * max(np.linalg.norm(g) for g in ours.values()))
            error = np.linalg.norm(runner.gradients[parameter] - truth) / size
            if not error < GRADIENT_TOLERANCE[work.dtype] and np.linalg.norm(truth) > 1e-6:
                raise SystemExit(f"{work.name}: the gradient of {parameter} of {name} differs by {error:.1e}")
        runner.epoch()
    return runners


def step_microseconds(work: Workload, runners: Mapping[str, Runner], rounds: int) -> dict[str, float]:
    """The smallest time of a step over rounds in which every peer trains some epochs."""
    best = _best({name: runner.epoch for name, runner in runners.items()}, rounds)
    return {name: found / (work.epochs * (work.rows // work.batch)) for name, found in best.items()}


def call_microseconds(runners: Mapping[str, Runner], rounds: int) -> dict[str, float]:
    """The smallest time of a loss with its gradients, called from Python."""
    calls = {name: runner.call for name, runner in runners.items() if runner.call is not None}
    return _best(calls, rounds)


def _best(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    best = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, run in works.items():
            end = clock() + SECONDS
            while True:
                start = clock()
                run()
                now = clock()
                best[name] = min(best[name], (now - start) * 1e6)
                if now >= end:
                    break
    return best


def row(cells: Sequence[str], markdown: bool) -> str:
    """Cells as a line of a table."""
    return "| " + " | ".join(cells) + " |" if markdown else "".join(f"{cell:>14}" for cell in cells)


def head(cells: Sequence[str], markdown: bool) -> str:
    """Names of columns as the first lines of a table."""
    return row(cells, markdown) + ("\n| " + " | ".join(["---"] * len(cells)) + " |") * markdown


def line(name: str, best: Mapping[str, float], markdown: bool) -> str:
    """A row of the table; the last column is the best peer over symprop."""
    others = [value for peer, value in best.items() if peer != "symprop"]
    ratio = f"{min(others) / best['symprop']:.2f}" if others else ""
    values = [f"{best[peer]:.1f}" if peer in best else "" for peer in PEERS]
    return row([name, *values, ratio], markdown)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--workloads", default=",".join(w.name for w in WORKLOADS), help="comma-separated names")
    parser.add_argument("--rounds", type=int, default=7, help="rounds in which each peer trains in turn")
    parser.add_argument("--markdown", action="store_true", help="print tables for a document")
    given = parser.parse_args()
    chosen = given.workloads.split(",")
    one_processor()
    print(describe())
    rows: dict[str, list[str]] = {"a step of training": [], "a loss with its gradients, called from Python": []}
    for work in (w for w in WORKLOADS if w.name in chosen):
        runners = prepared(work)
        tables = (step_microseconds(work, runners, given.rounds), call_microseconds(runners, given.rounds))
        for title, best in zip(rows, tables, strict=True):
            rows[title].append(line(work.name, best, given.markdown))
            if not given.markdown:
                print(f"{title:45} {rows[title][-1]}", flush=True)
    for title, lines in rows.items():
        print(f"\n{title}, microseconds\n\n{head(['', *PEERS, 'best/symprop'], given.markdown)}")
        print("\n".join(lines))


if __name__ == "__main__":
    main()
