"""Threads that help with the parts of one stage after the other.

    the thread that runs the kernels ─ publishes a stage ─► parts, each taken once ◄─ helpers, as far as there are any

A stage that may be cut is put up in parts; whoever is free takes the next one, the first thread from the end, helpers
from the beginning.  What no helper takes, because none is there or the machine is busy, the first thread does itself:
no helper is ever waited for but in the middle of a part.  Where that took long, the machine is busy with other things,
and the first thread stays alone for some stages, twice as many each time.

Parts are computed by the same instructions whoever does them, so results do not depend on threads.

Enters: the text of a function of loops and its cuts.  Leaves: LLVM IR of functions that share it, and `Team`.
"""

from __future__ import annotations

import _thread
import ast
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from symprop.simd.cutting import PART, Cut, cuts, part_of_loops, reads_rows, steps_of_part, work_of
from symprop.simd.nests import Result, compiled_text
from symprop.simd.reading import Unsupported, entries
from symprop.simd.values import Target
from symprop.simd.writing import Array

# -- words that threads share, each in a cache line of its own: 64 bytes, and neighbours are fetched in pairs

STRIDE = 16
LEFT, DONE, STAGE, READY, OVER, ALONE, LONGER, THREADS = (STRIDE * k for k in range(8))
"""Parts that are left; parts that helpers have done; the stage's function and arguments; helpers that are looking for
work; whether all is over; work the first thread does alone; how much the next time; threads that were asked for."""
WORDS = STRIDE * 8

LEAST_WORK = 1_000_000
"""Work of a stage from which helpers are called: about 10 microseconds."""
LEAST_PART = 200_000
"""Work of a row from which a part may be a single one."""
PATIENCE, PATIENCE_WORK = 4_000, 2_000
"""Times to look whether helpers are done before the machine is taken to be busy; units of work of a part that add one:
as long as some parts take."""
LEAST_ALONE, MOST_ALONE = 1 << 31, 1 << 38
"""Work that is done alone after that: from some hundredths of a second to a second or more."""
SPINS = 4_000
"""Times a helper looks for work before it sleeps: some tenths of a millisecond."""
NAP, LONG_NAP = 0.0001, 0.002
"""Seconds that a helper sleeps."""
PARTS_OF_THREAD = 4
ROWS_TOGETHER = 8

RUNTIME = f"""
define internal i1 @team.ready(ptr %team, i64 %work) noinline nounwind {{
entry:
  %enough = icmp sge i64 %work, {LEAST_WORK}
  br i1 %enough, label %large, label %no
large:
  %p.ready = getelementptr i64, ptr %team, i64 {READY}
  %ready = load atomic i64, ptr %p.ready monotonic, align 8
  %some = icmp sgt i64 %ready, 0
  br i1 %some, label %helped, label %no
helped:
  %p.alone = getelementptr i64, ptr %team, i64 {ALONE}
  %alone = load i64, ptr %p.alone, align 8
  %free = icmp eq i64 %alone, 0
  br i1 %free, label %yes, label %later
later:
  %fewer = sub i64 %alone, %work
  %none = icmp slt i64 %fewer, 0
  %still = select i1 %none, i64 0, i64 %fewer
  store i64 %still, ptr %p.alone, align 8
  ret i1 false
yes:
  ret i1 true
no:
  ret i1 false
}}
define internal void @team.run(ptr %team, ptr %stage, ptr %block, i64 %parts, i64 %work) noinline nounwind {{
entry:
  %p.left = getelementptr i64, ptr %team, i64 {LEFT}
  %p.done = getelementptr i64, ptr %team, i64 {DONE}
  %p.stage = getelementptr i64, ptr %team, i64 {STAGE}
  %p.block = getelementptr i64, ptr %team, i64 {STAGE + 1}
  %p.alone = getelementptr i64, ptr %team, i64 {ALONE}
  %p.longer = getelementptr i64, ptr %team, i64 {LONGER}
  store ptr %stage, ptr %p.stage, align 8
  store ptr %block, ptr %p.block, align 8
  store atomic i64 0, ptr %p.done monotonic, align 8
  %all = shl i64 %parts, 32
  store atomic i64 %all, ptr %p.left release, align 8
  br label %look
look:
  %own = phi i64 [ 0, %entry ], [ %own, %missed ], [ %more, %take ]
  %left = load atomic i64, ptr %p.left acquire, align 8
  %low = and i64 %left, 4294967295
  %high = lshr i64 %left, 32
  %some = icmp ult i64 %low, %high
  br i1 %some, label %try, label %rest
try:
  %next = sub i64 %left, 4294967296
  %pair = cmpxchg ptr %p.left, i64 %left, i64 %next acq_rel monotonic, align 8
  %got = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %got, label %take, label %missed
missed:
  br label %look
take:
  %last = sub i64 %high, 1
  call void %stage(i64 %last, ptr %block)
  %more = add i64 %own, 1
  br label %look
rest:
  %others = sub i64 %parts, %own
  %each = udiv i64 %work, %parts
  %share = udiv i64 %each, {PATIENCE_WORK}
  %patience = add i64 %share, {PATIENCE}
  br label %wait
wait:
  %times = phi i64 [ 0, %rest ], [ %again, %pause ]
  %done = load atomic i64, ptr %p.done acquire, align 8
  %ended = icmp sge i64 %done, %others
  br i1 %ended, label %out, label %idle
idle:
  %again = add i64 %times, 1
  %long = icmp sgt i64 %again, %patience
  br i1 %long, label %yield, label %spin
yield:
YIELD
  br label %pause
spin:
PAUSE
  br label %pause
pause:
  br label %wait
out:
  %late = icmp sgt i64 %times, %patience
  %longer = load i64, ptr %p.longer, align 8
  br i1 %late, label %busy, label %calm
busy:
  store i64 %longer, ptr %p.alone, align 8
  %twice = shl i64 %longer, 1
  %over = icmp sgt i64 %twice, {MOST_ALONE}
  %most = select i1 %over, i64 {MOST_ALONE}, i64 %twice
  store i64 %most, ptr %p.longer, align 8
  ret void
calm:
  %part = lshr i64 %longer, 7
  %less = sub i64 %longer, %part
  %under = icmp slt i64 %less, {LEAST_ALONE}
  %least = select i1 %under, i64 {LEAST_ALONE}, i64 %less
  store i64 %least, ptr %p.longer, align 8
  ret void
}}
"""

HELPER = f"""
define internal i64 @team.help(ptr %team, i64 %spins) noinline nounwind {{
entry:
  %p.left = getelementptr i64, ptr %team, i64 {LEFT}
  %p.done = getelementptr i64, ptr %team, i64 {DONE}
  %p.stage = getelementptr i64, ptr %team, i64 {STAGE}
  %p.block = getelementptr i64, ptr %team, i64 {STAGE + 1}
  %p.ready = getelementptr i64, ptr %team, i64 {READY}
  %p.over = getelementptr i64, ptr %team, i64 {OVER}
  %before = atomicrmw add ptr %p.ready, i64 1 acq_rel, align 8
  br label %look
look:
  %found = phi i64 [ 0, %entry ], [ %found, %spin ], [ %found, %missed ], [ %more, %take ]
  %idle = phi i64 [ 0, %entry ], [ %longer, %spin ], [ %idle, %missed ], [ 0, %take ]
  %left = load atomic i64, ptr %p.left acquire, align 8
  %low = and i64 %left, 4294967295
  %high = lshr i64 %left, 32
  %some = icmp ult i64 %low, %high
  br i1 %some, label %try, label %none
try:
  %next = add i64 %left, 1
  %pair = cmpxchg ptr %p.left, i64 %left, i64 %next acq_rel monotonic, align 8
  %got = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %got, label %take, label %missed
missed:
  br label %look
take:
  %stage = load ptr, ptr %p.stage, align 8
  %block = load ptr, ptr %p.block, align 8
  call void %stage(i64 %low, ptr %block)
  %mine = atomicrmw add ptr %p.done, i64 1 acq_rel, align 8
  %more = add i64 %found, 1
  br label %look
none:
  %over = load atomic i64, ptr %p.over monotonic, align 8
  %ended = icmp ne i64 %over, 0
  %longer = add i64 %idle, 1
  %tired = icmp sgt i64 %longer, %spins
  %leave = or i1 %ended, %tired
  br i1 %leave, label %out, label %spin
spin:
PAUSE
  br label %look
out:
  %after = atomicrmw sub ptr %p.ready, i64 1 acq_rel, align 8
  ret i64 %found
}}
"""


class Shared(NamedTuple):
    """A function whose parts a team does.

    Args:
        text: of the LLVM function, which takes a team before all else.
        functions: that it calls beside the one that is not cut, by name.
        declared: what they need declared.
    """

    text: str
    functions: tuple[tuple[str, str], ...]
    declared: tuple[str, ...]


def pausing(processor: str) -> tuple[str, tuple[str, ...]]:
    """An instruction that tells the processor that a thread waits, and what it needs declared."""
    if processor in ("x86_64", "amd64"):
        return "  call void @llvm.x86.sse2.pause()", ("declare void @llvm.x86.sse2.pause()",)
    if processor in ("arm64", "aarch64"):
        return "  call void @llvm.aarch64.hint(i32 1)", ("declare void @llvm.aarch64.hint(i32)",)
    return "  fence acquire", ()


def giving_way(system: str) -> tuple[str, tuple[str, ...]]:
    """A call that lets other threads use the processor, where the system has one of a known name."""
    if system == "posix":
        return "  %yielded = call i32 @sched_yield()", ("declare i32 @sched_yield()",)
    return "  fence acquire", ()


def runtime_of(text: str, processor: str, system: str) -> tuple[str, tuple[str, ...]]:
    """Functions of a team for a machine, and what they need declared."""
    (pause, first), (give_way, second) = pausing(processor), giving_way(system)
    declared = (*first, *second) if "YIELD" in text else first
    return text.replace("YIELD", give_way).replace("PAUSE", pause), declared


def shared_text(
    source: str,
    name: str,
    arrays: Mapping[str, Array],
    scalars: Mapping[str, str],
    real: str,
    target: Target,
) -> Shared | None:
    """A function of loops as one whose parts a team does: `name.shared(team, ...)`; None of one that cannot be cut.

    Args: those of `compiled_text`.
    """
    function = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    for cut in cuts(function, arrays):
        try:
            return _Sharing(function, name, arrays, scalars, real, target, cut).result()
        except Unsupported:
            continue
    return None


class _Sharing:
    """The functions of a stage that is cut.

    `name.part(k, block)` does part k with the arguments in `block`, eight bytes each; `name.shared` fills the block.
    """

    def __init__(
        self, function: ast.FunctionDef, name: str, arrays: Mapping[str, Array], scalars: Mapping[str, str],
        real: str, target: Target, cut: Cut,
    ) -> None:
        self.function, self.name, self.arrays, self.scalars = function, name, arrays, scalars
        self.real, self.target, self.cut = real, target, cut
        self.names = [a.arg for a in function.args.args]
        self.results: list[tuple[str, Result]] = []

    def result(self) -> Shared:
        """All text."""
        rows = self.cut.extent == "N"
        part = self._rows_part() if rows else self._fixed_part()
        functions = [(f"{self.name}.part", part), *((n, r.text) for n, r in self.results)]
        declared = tuple(dict.fromkeys(line for _, r in self.results for line in r.declared))
        return Shared(self._shared(rows), tuple(functions), declared)

    def _compiled(self, name: str, count: int | str) -> str:
        """Add the function with another number of steps; its name."""
        scalars = {PART: "i64", **self.scalars} if isinstance(count, str) else self.scalars
        text = part_of_loops(self.function, self.cut, count)
        self.results.append((name, compiled_text(text, name, self.arrays, scalars, self.real, self.target)))
        return name

    def _kind(self, name: str) -> str:
        return "ptr" if name in self.arrays else self.scalars[name]

    def _loaded(self) -> list[str]:
        """Arguments out of the block."""
        lines = []
        for place, name in enumerate(self.names):
            lines += [f"  %p.{name} = getelementptr i64, ptr %block, i64 {place}",
                      f"  %a.{name} = load {self._kind(name)}, ptr %p.{name}, align 8"]
        return lines

    def _moved(self) -> list[str]:
        """Arrays from step %first on."""
        lines = []
        for name, axis in self.cut.axes.items():
            array = self.arrays[name]
            stride = entries(array.shape[axis + 1 :]) if axis + 1 < len(array.shape) else 1
            lines += [f"  %o.{name} = mul i64 %first, {stride}",
                      f"  %m.{name} = getelementptr {array.kind}, ptr %a.{name}, i64 %o.{name}"]
        return lines

    def _given(self, **other: str) -> str:
        words = {n: f"%m.{n}" if n in self.cut.axes else f"%a.{n}" for n in self.names} | other
        return ", ".join(f"{self._kind(n)} {words[n]}" for n in self.names)

    def _rows_part(self) -> str:
        """Rows %first, ..., as many as a part has or are left."""
        if reads_rows(self.function, self.cut):
            call = f"@{self._compiled(f'{self.name}.rows', PART)}(i64 %count, {self._given()})"
        else:
            call = f"@{self.name}({self._given(N='%count')})"
        return "\n".join([
            self._head("part", "i64 %k, ptr %block"), *self._loaded(),
            f"  %p.rows = getelementptr i64, ptr %block, i64 {len(self.names)}",
            "  %rows = load i64, ptr %p.rows, align 8", "  %first = mul i64 %k, %rows",
            "  %left = sub i64 %a.N, %first", "  %few = icmp slt i64 %left, %rows",
            "  %count = select i1 %few, i64 %left, i64 %rows", *self._moved(),
            f"  call void {call}", "  ret void", "}",
        ])

    def _fixed_part(self) -> str:
        """Steps of a number that is known beforehand; the last part may have fewer."""
        extent, steps = int(self.cut.extent), self._steps()
        whole = f"  call void @{self._compiled(f'{self.name}.steps', steps)}({self._given()})"
        lines = [self._head("part", "i64 %k, ptr %block"), *self._loaded(),
                 f"  %first = mul i64 %k, {steps}", *self._moved()]
        if extent % steps:
            rest = f"  call void @{self._compiled(f'{self.name}.rest', extent % steps)}({self._given()})"
            lines += [f"  %last = icmp eq i64 %k, {extent // steps}", "  br i1 %last, label %fewer, label %all",
                      "fewer:", rest, "  ret void", "all:"]
        return "\n".join([*lines, whole, "  ret void", "}"])

    def _steps(self) -> int:
        return steps_of_part(int(self.cut.extent), self.target.lanes(self.real))

    def _shared(self, rows: bool) -> str:
        """Arguments into a block, and the parts to a team if it is worth while."""
        work = work_of(self.function)
        size = len(self.names)
        arguments = ", ".join(f"{self._kind(n)} %a.{n}" for n in self.names)
        lines = [self._head("shared", f"ptr %team, {arguments}"), f"  %block = alloca [{size + 1} x i64], align 8"]
        for place, name in enumerate(self.names):
            lines += [f"  %p.{name} = getelementptr i64, ptr %block, i64 {place}",
                      f"  store {self._kind(name)} %a.{name}, ptr %p.{name}, align 8"]
        count = "%a.N" if "N" in self.names else "1"
        lines += [f"  %all.rows = mul i64 {count}, {work.row}", f"  %work = add i64 %all.rows, {work.fixed}",
                  "  %ready = call i1 @team.ready(ptr %team, i64 %work)"]
        given = ", ".join(f"{self._kind(n)} %a.{n}" for n in self.names)
        lines += ["  br i1 %ready, label %cut, label %alone", "alone:", f"  call void @{self.name}({given})",
                  "  ret void", "cut:", *(self._parts_of_rows(work.row) if rows else self._fixed_parts())]
        share = [f"  call void @team.run(ptr %team, ptr @{self.name}.part, ptr %block, i64 %parts, i64 %work)"]
        return "\n".join([*lines, "together:", *share, "  ret void", "}"])

    def _parts_of_rows(self, work: int) -> list[str]:
        """Parts of rows, some for each thread; rows of a tile stay together unless one is much work."""
        least = 1 if work >= LEAST_PART and self._outermost() else ROWS_TOGETHER
        return [
            f"  %p.threads = getelementptr i64, ptr %team, i64 {THREADS}",
            "  %threads = load i64, ptr %p.threads, align 8", f"  %wanted = mul i64 %threads, {PARTS_OF_THREAD}",
            "  %more = add i64 %a.N, %wanted", "  %up = sub i64 %more, 1", "  %even = sdiv i64 %up, %wanted",
            f"  %over = add i64 %even, {least - 1}", f"  %units = sdiv i64 %over, {least}",
            f"  %rows = mul i64 %units, {least}", "  %several = icmp slt i64 %rows, %a.N",
            "  br i1 %several, label %many, label %alone", "many:",
            f"  %p.rows = getelementptr i64, ptr %block, i64 {len(self.names)}", "  store i64 %rows, ptr %p.rows, align 8",
            "  %most = add i64 %a.N, %rows", "  %round = sub i64 %most, 1", "  %parts = sdiv i64 %round, %rows",
            "  br label %together",
        ]

    def _outermost(self) -> bool:
        """True where the loop that is cut is not inside another one."""
        loops = [n for n in self.function.body if isinstance(n, ast.For)]
        return all(isinstance(n.target, ast.Name) and n.target.id == self.cut.name for n in loops)

    def _fixed_parts(self) -> list[str]:
        """Parts of a number that is known beforehand."""
        return [f"  %parts = add i64 0, {-(-int(self.cut.extent) // self._steps())}", "  br label %together"]

    def _head(self, word: str, arguments: str) -> str:
        return f"define internal void @{self.name}.{word}({arguments}) noinline nounwind {{\nentry:"


# -- in Python --------------------------------------------------------------------------------------------------------


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Team:
    """Helpers for the time of a `with`: its value is what kernels take as `team`.

    Starting one takes some tens of microseconds, and does not wait for it.

    Args:
        help_team: compiled; looks for work, and gives the number of parts it found.
        helpers: how many.
    """

    alone, longer = 0, LEAST_ALONE
    """What was found of how busy the machine is."""

    def __init__(self, help_team: Callable[[Any, int], int], helpers: int) -> None:
        self.help_team, self.bells = help_team, [threading.Lock() for _ in range(helpers)]
        self.words = np.zeros(WORDS, np.int64)
        self.words[ALONE], self.words[LONGER], self.words[THREADS] = Team.alone, Team.longer, helpers + 1

    def __enter__(self) -> Any:
        self.help_team(self.words, 0)  # compiled here, and not by several threads at once
        for bell in self.bells:
            bell.acquire()
            _thread.start_new_thread(self._help, (bell,))
        return self.words

    def __exit__(self, *_: object) -> None:
        self.words[OVER] = 1
        Team.alone, Team.longer = int(self.words[ALONE]), int(self.words[LONGER])
        for bell in self.bells:
            bell.release()

    def _help(self, bell: Any) -> None:
        nap = NAP
        while not self.words[OVER]:
            wanted = self.words[ALONE] == 0
            nap = NAP if wanted and self.help_team(self.words, SPINS) else min(2 * nap, LONG_NAP)
            bell.acquire(timeout=nap)
