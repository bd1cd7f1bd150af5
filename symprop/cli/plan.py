"""What `symprop show --plan` says: the stages of a step of training, what each costs, and the scratch memory.

Enters: a network.  Leaves: a `ShownPlan`, as tables of text and as plain values.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from symprop.cli.tables import count, pairs, table
from symprop.codegen.layout import flat
from symprop.codegen.loop_program import LoopProgram
from symprop.codegen.module import module_plan
from symprop.codegen.updates import PLAIN
from symprop.derivation import derive
from symprop.language import Extent, Network
from symprop.plan import TYPICAL, KernelPlan, Machine, StageCost, program_cost, update_cost
from symprop.plan.floor import BYTES, PLACE_BYTES
from symprop.stopwatch import Measured, measured

HEADS = ("pass", "", "kind", "equations", "computes", "flop", "calls", "read", "written", "scratch", "floor")
RIGHT = ("", "flop", "calls", "read", "written", "scratch", "floor", "bytes", "offset")
WORDS = {"rows": "row reduction"}
UNITS = "kMGTPE"
LARGEST = 999.95
"""From here on four digits would be 1000."""
WIDTHS = {"equations": 12, "computes": 20}
NOTHING = " Nothing here was measured."
LEGEND = f"""\
flop: additions, multiplications, comparisons; calls: evaluations of exp, log, sqrt and other functions, not in flop;
read, written: bytes of arrays, each once a stage; scratch: bytes of them that lie in scratch arrays;
floor: max(flop/peak, bytes/bandwidth) + calls*function, in microseconds, of one thread.{NOTHING}"""


@dataclass(frozen=True)
class Row:
    """A stage.

    Args:
        part: "forward", "backward", "states" or "update".
        number: its place, from 1.
        cost: what it takes.
        floor: seconds.
    """

    part: str
    number: int
    cost: StageCost
    floor: float


@dataclass(frozen=True)
class Place:
    """An array between stages.

    Args:
        name: the tensor it holds.
        shape: for the batch.
        bytes: its size.
        offset: where it starts in the workspace, in bytes; None of an array of its own.
        first, last: numbers of the stages that touch it.
    """

    name: str
    shape: tuple[int, ...]
    bytes: int
    offset: int | None
    first: int
    last: int


@dataclass(frozen=True)
class ShownPlan:
    """All that is shown.

    Args:
        name: of the network.
        dtype: of the arrays.
        batch: rows of a batch.
        machine: for the floor.
        rows: stages in the order in which they run.
        workspace: bytes of the one scratch array of the gradient kernel.
        places: arrays in it, and scratch arrays beside it.
        measured: how long the kernels took on this machine, None where nobody asked.
    """

    name: str
    dtype: str
    batch: int
    machine: Machine
    rows: tuple[Row, ...]
    workspace: int
    places: tuple[Place, ...]
    measured: Measured | None = None

    @property
    def beside(self) -> int:
        """Bytes of scratch arrays beside the workspace."""
        return sum(p.bytes for p in self.places if p.offset is None)

    def totals(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Sums over the stages of each part, and over all of them as "step"."""
        for part in dict.fromkeys(row.part for row in self.rows):
            yield part, _total(row for row in self.rows if row.part == part)
        yield "step", _total(self.rows)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "schema": 1,
            "name": self.name,
            "dtype": self.dtype,
            "batch": self.batch,
            "machine": {**vars(self.machine), "measured": False},
            "stages": [_stage(row) for row in self.rows],
            "totals": [{"part": part, **total} for part, total in self.totals()],
            "measured": None if self.measured is None else self._timed(self.measured),
            "workspace_bytes": self.workspace,
            "beside_bytes": self.beside,
            "buffers": [{**vars(p), "shape": list(p.shape)} for p in self.places],
        }

    def _timed(self, found: Measured) -> dict[str, Any]:
        """Seconds, and the part of the floor of a step that was reached."""
        seconds = {f"{name}_seconds": value for name, value in vars(found).items()}
        floor = dict(self.totals())["step"]["floor_seconds"]
        return {**seconds, "of_floor": None if found.step is None else floor / found.step}

    def _words(self, found: Measured) -> Iterator[tuple[str, str]]:
        calls = f"forward {_microseconds(found.forward)} us, value_and_grad {_microseconds(found.gradient)} us a call"
        step, of_floor = found.step, self._timed(found)["of_floor"]
        within = "" if step is None else f"; {_microseconds(step)} us a step within fit, {of_floor:.0%} of the floor"
        yield "measured", f"{calls}{within}"
        yield "first call", f"{found.first:.2f} s, compiling or reading the cache included"

    def as_text(self) -> str:
        """Tables."""
        machine = self.machine
        speeds = f"{machine.peak / 1e9:g} GFLOP/s, {machine.bandwidth / 1e9:g} GB/s"
        words = f"{speeds}, {machine.function * 1e9:g} ns a call"
        beside = f", and {count(self.beside)} bytes in arrays beside it" if self.beside else ""
        facts = pairs(
            [
                ("batch", f"N = {count(self.batch)}, {self.dtype}"),
                ("machine", f"{words} (assumed, not measured)"),
                ("workspace", f"{count(self.workspace)} bytes{beside}"),
                *(self._words(self.measured) if self.measured is not None else ()),
            ]
        )
        cells = [line for row in self._cells() for line in _lines(row)]
        buffers = [_buffer(place) for place in self.places]
        scratch = table(("array", "shape", "bytes", "offset", "stages"), buffers, RIGHT) if buffers else ""
        legend = LEGEND if self.measured is None else LEGEND.replace(NOTHING, "")
        return "\n\n".join(filter(None, [self.name, facts, table(HEADS, cells, RIGHT), legend, scratch]))

    def _cells(self) -> Iterator[Sequence[str]]:
        for part, rows in groupby(self.rows, key=lambda row: row.part):
            for k, row in enumerate(rows):
                cost = row.cost
                own = WORDS.get(cost.kind, cost.kind), spans(cost.numbers), ", ".join(map(fitted, cost.names))
                yield ("" if k else part, str(row.number), *own, *_amounts(_total([row])))
        for part, total in self.totals():
            yield ("total", "", part, "", "", *_amounts(total))


def shown_plan(network: Network, batch: int, is_measured: bool = False) -> ShownPlan:
    """The plan of a module's step of training, for `batch` rows; measured on this machine where that is wanted."""
    derivation = derive(network)
    plan, dtype, sizes = module_plan(derivation), network.training.dtype, {"N": batch}
    machine = TYPICAL[dtype]
    known = derivation.network
    numbers = {e.number: "states" for e in known.updates} | {e.number: "forward" for e in known.equations}
    costs = program_cost(plan, plan.program("gradient"), sizes, dtype)
    update = update_cost(network.optimizer or PLAIN, network.functions, _trained(plan), dtype)
    parts = [*((_part(cost, numbers), cost) for cost in costs), *(("update", cost) for cost in update)]
    rows = [
        Row(part, k, cost, machine.floor(cost.flops, cost.read + cost.written, cost.functions))
        for k, (part, cost) in enumerate(parts, 1)
    ]
    shown = ShownPlan(network.name, dtype, batch, machine, tuple(rows), *_scratch(plan, dtype, batch))
    if not is_measured:
        return shown
    from symprop.session import kernels

    return replace(shown, measured=measured(network, kernels(network), batch))


def _part(cost: StageCost, numbers: dict[int, str]) -> str:
    """The part a stage belongs to: a helper that a later part asks for first is computed with the earlier one."""
    found = [numbers.get(n, "backward") for n in cost.numbers]
    return next((part for part in ("forward", "backward", "states") if part in found), "backward")


def _trained(plan: KernelPlan) -> int:
    return sum(math.prod(a.constant or 0 for a in t.axes) for t in plan.params)


def _scratch(plan: KernelPlan, dtype: str, batch: int) -> tuple[int, tuple[Place, ...]]:
    """Bytes of the workspace, and all arrays between the stages of the gradient kernel."""
    program = plan.program("gradient")
    writer = LoopProgram(plan, program, flat([*plan.params, *plan.states]), dtype)
    space, each = writer.workspace, BYTES[dtype]
    offsets = dict(space.offsets)
    own = {b.name for b in writer.own}
    places = []
    for buffer in program.buffers:
        if buffer.name in offsets or buffer.name in own:
            shape = _shape(buffer.axes, batch)
            size = math.prod(shape) * (PLACE_BYTES if buffer.dtype == "integer" else each)
            at = offsets.get(buffer.name)
            start = at if at is None else at * batch if buffer.entries.names else space.per_row * batch + at
            offset = None if start is None else start * each
            places.append(Place(buffer.name, shape, size, offset, buffer.first + 1, buffer.last + 1))
    for _, tensor in writer.sampled:
        shape = _shape(tensor.axes, batch)
        touched = [k for k, stage in enumerate(program.stages, 1) if tensor.name in stage.inputs]
        places.append(Place(tensor.name, shape, math.prod(shape) * each, None, touched[0], touched[-1]))
    return (space.per_row * batch + space.fixed) * each, tuple(places)


def _shape(axes: Iterable[Extent], batch: int) -> tuple[int, ...]:
    return tuple(a.value({"N": batch}) for a in axes)


def _total(rows: Iterable[Row]) -> dict[str, Any]:
    found = list(rows)
    costs = [row.cost for row in found]
    return {
        "flops": sum(c.flops for c in costs),
        "calls": sum(c.functions for c in costs),
        "read_bytes": sum(c.read for c in costs),
        "written_bytes": sum(c.written for c in costs),
        "scratch_bytes": sum(c.work for c in costs),
        "floor_seconds": sum(row.floor for row in found),
    }


def _stage(row: Row) -> dict[str, Any]:
    cost = row.cost
    head = {"part": row.part, "stage": row.number, "kind": cost.kind}
    names = {"equations": list(cost.numbers), "computes": list(cost.names), "functions": dict(cost.calls)}
    return {**head, **names, **_total([row])}


def _amounts(total: dict[str, Any]) -> list[str]:
    *whole, floor = total.values()
    return [*map(short, whole), _microseconds(floor)]


def _lines(row: Sequence[str]) -> Iterator[list[str]]:
    """A row, with long cells on several lines."""
    cells = [
        textwrap.wrap(cell, WIDTHS[head], break_on_hyphens=False) if head in WIDTHS else [cell]
        for head, cell in zip(HEADS, row, strict=True)
    ]
    for k in range(max(map(len, cells))):
        yield [cell[k] if k < len(cell) else "" for cell in cells]


def _buffer(place: Place) -> list[str]:
    shape = f"({', '.join(map(str, place.shape))}{',' if len(place.shape) == 1 else ''})"
    offset = "" if place.offset is None else count(place.offset)
    return [place.name, shape, count(place.bytes), offset, spans(range(place.first, place.last + 1))]


def spans(numbers: Iterable[int]) -> str:
    """1-4, 7 of 1, 2, 3, 4, 7."""
    found = sorted(numbers)
    runs = [[v for _, v in run] for _, run in groupby(enumerate(found), key=lambda pair: pair[1] - pair[0])]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def fitted(name: str) -> str:
    """A name that stands in its column with a comma behind it, its middle left out where it is too long."""
    most = WIDTHS["computes"] - 1
    return name if len(name) <= most else f"{name[:9]}...{name[12 - most :]}"


def short(value: int) -> str:
    """At most four digits and a unit: 999, 1.234k, 12.3M."""
    if value < 1000:
        return str(value)
    amount, power = float(value), 0
    while amount >= LARGEST and power < len(UNITS):
        amount, power = amount / 1000, power + 1
    return f"{amount:.4g}{UNITS[power - 1]}"


def _microseconds(seconds: float) -> str:
    value = seconds * 1e6
    return f"{value:.4g}" if value < LARGEST else f"{value:,.0f}"
