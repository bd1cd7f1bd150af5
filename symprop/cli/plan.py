"""What `symprop show --plan` says: the stages of a step of training, what each costs, and the scratch memory.

Enters: a network.  Leaves: a `ShownPlan`, as tables of text and as plain values.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, repeat
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from symprop.speeds import Speeds

HEADS = ("pass", "", "kind", "equations", "computes", "flop", "calls", "read", "written", "scratch", "floor")
TIMED = ("pass", "", "kind", "equations", "computes", "flop", "calls", "read", "written", "floor", "time", "%")
RIGHT = ("", "flop", "calls", "read", "written", "scratch", "floor", "time", "%", "bytes", "offset")
WORDS = {"rows": "row reduction"}
UNITS = "kMGTPE"
LARGEST = 999.95
"""From here on four digits would be 1000."""
WIDTHS = {"equations": 12, "computes": 20}
LEGEND = """\
flop: additions, multiplications, comparisons; calls: evaluations of exp, log, sqrt and other functions, not in flop;
read, written: bytes of arrays, each once a stage; """
COUNTED = """\
scratch: bytes of them that lie in scratch arrays;
floor: max(flop/peak, bytes/bandwidth) + calls*function, in microseconds, of one thread. Nothing here was measured."""
MEASURED = """\
time: microseconds, measured, and the part of it that the floor is;
floor: max(flop/peak, bytes/bandwidth) + calls*function, in microseconds, of one thread."""


@dataclass(frozen=True)
class Row:
    """A stage.

    Args:
        part: "forward", "backward", "states" or "update".
        number: its place, from 1.
        cost: what it takes.
        floor: seconds.
        seconds: it takes, None where nobody asked.
    """

    part: str
    number: int
    cost: StageCost
    floor: float
    seconds: float | None = None


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
        speeds: of this machine, where they were measured.
    """

    name: str
    dtype: str
    batch: int
    machine: Machine
    rows: tuple[Row, ...]
    workspace: int
    places: tuple[Place, ...]
    measured: Measured | None = None
    speeds: Speeds | None = None

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
            "machine": self._constants(),
            "stages": [_stage(row) for row in self.rows],
            "totals": [{"part": part, **total} for part, total in self.totals()],
            "measured": None if self.measured is None else self._timed(self.measured),
            "workspace_bytes": self.workspace,
            "beside_bytes": self.beside,
            "buffers": [{**vars(p), "shape": list(p.shape)} for p in self.places],
        }

    def _constants(self) -> dict[str, Any]:
        found = {**vars(self.machine), "measured": self.speeds is not None}
        if self.speeds is None:
            return found
        speeds = self.speeds
        return {**found, "bytes": speeds.footprint, "cache_bandwidth": speeds.cache, "memory_bandwidth": speeds.memory}

    def _timed(self, found: Measured) -> dict[str, Any]:
        """Seconds, and the part of the floor of a step that was reached."""
        names = ("first", "forward", "gradient", "step")
        seconds = {f"{name}_seconds": getattr(found, name) for name in names}
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
        beside = f", and {count(self.beside)} bytes in arrays beside it" if self.beside else ""
        facts = pairs(
            [
                ("batch", f"N = {count(self.batch)}, {self.dtype}"),
                *self._machine(),
                ("workspace", f"{count(self.workspace)} bytes{beside}"),
                *(self._words(self.measured) if self.measured is not None else ()),
            ]
        )
        cells = [line for row in self._cells() for line in _lines(self._heads, row)]
        buffers = [_buffer(place) for place in self.places]
        scratch = table(("array", "shape", "bytes", "offset", "stages"), buffers, RIGHT) if buffers else ""
        legend = LEGEND + (COUNTED if self.measured is None else MEASURED)
        return "\n\n".join(filter(None, [self.name, facts, table(self._heads, cells, RIGHT), legend, scratch]))

    @property
    def _heads(self) -> tuple[str, ...]:
        return HEADS if self.measured is None else TIMED

    def _machine(self) -> Iterator[tuple[str, str]]:
        machine, speeds = self.machine, self.speeds
        words = f"{machine.peak / 1e9:.4g} GFLOP/s, {machine.bandwidth / 1e9:.4g} GB/s"
        origin = "assumed, not measured" if speeds is None else "measured"
        yield "machine", f"{words}, {machine.function * 1e9:.3g} ns a call ({origin})"
        if speeds is not None:
            others = f"{speeds.cache / 1e9:.4g} of the first-level cache, {speeds.memory / 1e9:.4g} of memory"
            yield "GB/s", f"of {count(speeds.footprint)} bytes, which all arrays of a step have; {others}"

    def _cells(self) -> Iterator[Sequence[str]]:
        for part, rows in groupby(self.rows, key=lambda row: row.part):
            for k, row in enumerate(rows):
                cost = row.cost
                own = WORDS.get(cost.kind, cost.kind), spans(cost.numbers), ", ".join(map(fitted, cost.names))
                yield ("" if k else part, str(row.number), *own, *self._amounts(_total([row])))
        for part, total in self.totals():
            yield ("total", "", part, "", "", *self._amounts(total))

    def _amounts(self, total: dict[str, Any]) -> list[str]:
        """Cells under the heads from "flop" on."""
        floor, seconds, reached = total["floor_seconds"], total["seconds"], total["of_floor"]
        found = [short(total[name]) for name in ("flops", "calls", "read_bytes", "written_bytes")]
        if seconds is None:
            return [*found, short(total["scratch_bytes"]), _microseconds(floor)]
        return [*found, _microseconds(floor), _microseconds(seconds), f"{reached:.0%}"]


def shown_plan(network: Network, batch: int, is_measured: bool = False) -> ShownPlan:
    """The plan of a module's step of training, for `batch` rows; measured on this machine where that is wanted."""
    derivation = derive(network)
    plan, dtype, sizes = module_plan(derivation), network.training.dtype, {"N": batch}
    known = derivation.network
    numbers = {e.number: "states" for e in known.updates} | {e.number: "forward" for e in known.equations}
    costs = program_cost(plan, plan.program("gradient"), sizes, dtype)
    update = update_cost(network.optimizer or PLAIN, network.functions, _trained(plan), dtype)
    parts = [*((_part(cost, numbers), cost) for cost in costs), *(("update", cost) for cost in update)]
    scratch = _scratch(plan, dtype, batch)
    if not is_measured:
        machine = TYPICAL[dtype]
        return ShownPlan(network.name, dtype, batch, machine, _rows(parts, machine, repeat(None)), *scratch)
    from symprop.session import kernels
    from symprop.speeds import measured_speeds

    found = measured(network, kernels(network, timed=True), batch)
    speeds = measured_speeds(dtype, found.bytes)
    rows = _rows(parts, speeds.machine, found.stages)
    return ShownPlan(network.name, dtype, batch, speeds.machine, rows, *scratch, found, speeds)


def _rows(
    parts: Iterable[tuple[str, StageCost]], machine: Machine, seconds: Iterable[float | None]
) -> tuple[Row, ...]:
    return tuple(
        Row(part, k, cost, machine.floor(cost.flops, cost.read + cost.written, cost.functions), elapsed)
        for k, ((part, cost), elapsed) in enumerate(zip(parts, seconds, strict=False), 1)
    )


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
    writer.lines()  # by which it is known which products have an array
    own = {b.name for b in writer.needed()}
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
    costs, floor = [row.cost for row in found], sum(row.floor for row in found)
    times = [row.seconds for row in found if row.seconds is not None]
    return {
        "flops": sum(c.flops for c in costs),
        "calls": sum(c.functions for c in costs),
        "read_bytes": sum(c.read for c in costs),
        "written_bytes": sum(c.written for c in costs),
        "scratch_bytes": sum(c.work for c in costs),
        "floor_seconds": floor,
        "seconds": sum(times) if times else None,
        "of_floor": floor / sum(times) if times else None,
    }


def _stage(row: Row) -> dict[str, Any]:
    cost = row.cost
    head = {"part": row.part, "stage": row.number, "kind": cost.kind}
    names = {"equations": list(cost.numbers), "computes": list(cost.names), "functions": dict(cost.calls)}
    return {**head, **names, **_total([row])}


def _lines(heads: Sequence[str], row: Sequence[str]) -> Iterator[list[str]]:
    """A row, with long cells on several lines."""
    cells = [
        textwrap.wrap(cell, WIDTHS[head], break_on_hyphens=False) if head in WIDTHS else [cell]
        for head, cell in zip(heads, row, strict=True)
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
