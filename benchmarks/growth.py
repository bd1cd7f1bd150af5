"""How the time of a training step grows, beside other libraries, at sizes that no kernel was tuned for.

    python -m benchmarks.growth [--only batch|width|depth|steps] [--rounds 7] [--markdown] [--plot docs/growth.svg]
                                [--dtype float64] [--activation NAME] [--optimizer NAME]
    python -m benchmarks.growth --options [--dtype float64] [--rounds 7] [--markdown]

Prints the machine, the versions and, for every size, the smallest time of the processor for a step over interleaved
rounds, in microseconds.  `--options` takes every activation and every optimizer of the library in turn, at one size,
beside the peers that have the same.  One process, one processor; the gradients of the first batch are compared before
anything is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.machine import describe, one_processor
from benchmarks.peers import PEERS
from benchmarks.training import head, line, prepared, row, step_microseconds
from benchmarks.workloads import Workload, dense, recurrent
from symprop.library import ACTIVATIONS, OPTIMIZERS

INPUTS, HIDDEN, CLASSES = 13, 37, 7
SHAPE = f"{INPUTS}-{HIDDEN}-{CLASSES}"
COLOURS = ("#c1272d", "#0071bc", "#8a8a8a", "#2e8b57")
Times = Mapping[str, float]
"""Microseconds of a step, by peer."""


@dataclass(frozen=True)
class Part:
    """One extent that grows while the others stay.

    Args:
        name: what grows.
        title: the networks, in words.
        sizes: of what grows.
        workload: of a size, in "float32" or "float64".
    """

    name: str
    title: str
    sizes: tuple[int, ...]
    workload: Callable[[int, str], Workload]


def perceptron(name: str, hidden: Sequence[int], batch: int, activation: str, optimizer: str, dtype: str) -> Workload:
    """An epoch of 128 steps of a perceptron at the optimizer's default rate."""
    widths, rate = (INPUTS, *hidden, CLASSES), OPTIMIZERS[optimizer].options["lr"].default
    return dense(name, widths, activation, optimizer, rate, batch, 128 * batch, dtype)


def parts(activation: str = "relu", optimizer: str = "sgd") -> tuple[Part, ...]:
    """What grows: batch, width, depth and steps through time; the arguments are of the network whose batch grows."""

    def batch(size: int, dtype: str) -> Workload:
        return perceptron(f"batch{size}", (HIDDEN,), size, activation, optimizer, dtype)

    def width(size: int, dtype: str) -> Workload:
        return perceptron(f"width{size}", (size, size), 32, "relu", "sgd", dtype)

    def depth(size: int, dtype: str) -> Workload:
        return perceptron(f"depth{size}", (16,) * size, 32, "relu", "sgd", dtype)

    def steps(size: int, dtype: str) -> Workload:
        return recurrent(f"steps{size}", 32, size, 27, "sgd", 1e-3, 32, 16 * 32, dtype)

    return (
        Part("batch", f"{SHAPE}, {activation}, {optimizer}, by batch", (1, 7, 24, 32, 128, 512, 1000), batch),
        Part("width", "two hidden layers, by width", (4, 9, 20, 32, 50, 100, 200, 331, 512, 1024), width),
        Part("depth", "hidden layers of width 16, by number", (1, 2, 3, 5, 8, 13, 20), depth),
        Part("steps", "LSTM of width 32, by steps", (2, 5, 11, 24, 40, 64, 128), steps),
    )


def measured(work: Workload, rounds: int) -> Times:
    """The time of a step of every peer that can train a workload."""
    return step_microseconds(work, prepared(work), rounds)


# -- every option ----------------------------------------------------------------------------------------------------


def option_workloads(dtype: str) -> dict[str, list[Workload]]:
    """A network with each activation of the library, and one with each optimizer, under its name."""
    return {
        "activation": [perceptron(name, (HIDDEN,), 24, name, "sgd", dtype) for name in ACTIVATIONS],
        "optimizer": [perceptron(name, (HIDDEN,), 24, "relu", name, dtype) for name in OPTIMIZERS],
    }


def option_cells(name: str, times: Times) -> list[str]:
    """A row of the table: microseconds of symprop, then the times of PyTorch and of the best peer over it."""
    own = times["symprop"]
    torch = f"{times['torch'] / own:.1f}" if "torch" in times else ""
    best = f"{min(times[peer] for peer in times if peer != 'symprop') / own:.2f}" if len(times) > 1 else ""
    return [name, f"{own:.1f}", torch, best]


# -- tables and plot ---------------------------------------------------------------------------------------------------


def print_growth(chosen: Sequence[Part], dtype: str, rounds: int, markdown: bool) -> dict[str, dict[int, Times]]:
    """A table for each part, line by line as they are measured; the times by part and size."""
    found: dict[str, dict[int, Times]] = {}
    for part in chosen:
        columns = [part.name, *PEERS, "best/symprop"]
        print(f"\n{part.title}, {dtype}, microseconds\n\n{head(columns, markdown)}", flush=True)
        found[part.name] = {}
        for size in part.sizes:
            times = found[part.name][size] = measured(part.workload(size, dtype), rounds)
            print(line(str(size), times, markdown), flush=True)
    return found


def print_options(dtype: str, rounds: int, markdown: bool) -> None:
    """A table of activations and one of optimizers."""
    for kind, works in option_workloads(dtype).items():
        title = f"every {kind}, {SHAPE}, batch 24, {dtype}, microseconds"
        print(f"\n{title}\n\n{head([kind, 'symprop', 'torch/symprop', 'best/symprop'], markdown)}", flush=True)
        for work in works:
            print(row(option_cells(work.name, measured(work, rounds)), markdown), flush=True)


def plot(chosen: Sequence[Part], found: Mapping[str, Mapping[int, Times]], path: Path) -> None:
    """A panel for each part, both axes logarithmic, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    style: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "symprop", "font.size": 9, "xtick.labelsize": 7}
    columns = min(2, len(chosen))
    with pyplot.rc_context({**style, "axes.spines.top": False, "axes.spines.right": False}):
        figure, axes = pyplot.subplots(len(chosen) // columns, columns, figsize=(10, 6), squeeze=False)
        for axis, part in zip(axes.flat, chosen, strict=True):
            draw(axis, part, found[part.name])
        figure.supylabel("microseconds of a training step")
        figure.legend(*axes[0][0].get_legend_handles_labels(), loc="upper center", ncols=len(PEERS), frameon=False)
        figure.tight_layout(rect=(0, 0, 1, 0.96))
        figure.savefig(path, format="svg", metadata={"Date": None})
        pyplot.close(figure)


def draw(axis: Any, part: Part, times: Mapping[int, Times]) -> None:
    """The times of a part by size, a line for each peer, symprop on top."""
    from matplotlib.ticker import FuncFormatter, NullLocator

    for peer, colour in zip(PEERS, COLOURS, strict=False):
        sizes = [size for size, of in times.items() if peer in of]
        width, order = (2.2, 3) if peer == "symprop" else (1.2, 2)
        values = [times[size][peer] for size in sizes]
        axis.plot(sizes, values, "o-", ms=3, lw=width, zorder=order, color=colour, label=peer)
    axis.set(xscale="log", yscale="log", title=part.title)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xticks(list(times), [str(size) for size in times])
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.grid(alpha=0.3)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=[part.name for part in parts()], help="what grows; all without it")
    parser.add_argument("--options", action="store_true", help="every activation and every optimizer instead")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--activation", choices=list(ACTIVATIONS), default="relu", help=f"of the {SHAPE} network")
    parser.add_argument("--optimizer", choices=list(OPTIMIZERS), default="sgd", help=f"of the {SHAPE} network")
    parser.add_argument("--rounds", type=int, default=7, help="rounds in which each peer trains in turn")
    parser.add_argument("--markdown", action="store_true", help="print tables for a document")
    parser.add_argument("--plot", type=Path, help="draw the tables to this SVG file")
    given = parser.parse_args()
    if given.plot and not find_spec("matplotlib"):
        parser.error("--plot needs matplotlib: pip install matplotlib")
    one_processor()
    print(describe())
    if given.options:
        print_options(given.dtype, given.rounds, given.markdown)
        return
    chosen = [part for part in parts(given.activation, given.optimizer) if given.only in (None, part.name)]
    found = print_growth(chosen, given.dtype, given.rounds, given.markdown)
    if given.plot:
        plot(chosen, found, given.plot)


if __name__ == "__main__":
    main()
