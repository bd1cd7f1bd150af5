"""Threads that help with the parts of one stage after the other.

    the thread that runs the kernels ─ puts up a stage ─► parts, each taken once ◄─ helpers, as far as there are any

A stage that may be cut is put up in parts; whoever is free takes the next one, the first thread from the end, helpers
from the beginning.  What no helper takes, because none is there or the machine is busy, the first thread does itself:
a helper is waited for only in the middle of a part.  Steps are timed, with helpers and without, from time to time
anew, and the way that was faster is kept: on a busy machine the first thread stays alone.

A stage that is shared is always computed by the same instructions, whoever does its parts and in whatever order: with
several threads, results are the same bits in every run.  With one thread they are the same, too, but for roundings
where a compiler has a choice, as of a*b + c*d in one function and another.

Enters: the text of a function of loops and its cuts.  Leaves: LLVM IR of functions that share it, and `Team`.
"""

from __future__ import annotations

import _thread
import ast
import copy
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from symprop.simd.cutting import PART, ROWS, Cut, cuts, needs_rows, part_of_loops, steps_of_parts, work_of
from symprop.simd.nests import Nests, Result, compiled_text
from symprop.simd.reading import entries
from symprop.simd.squeezing import squeezed
from symprop.simd.values import Integer, Target
from symprop.simd.writing import Array

# -- words that threads share, each in a cache line of its own: 64 bytes, and neighbours are fetched in pairs

STRIDE = 16
LEFT, DONE, STAGE, READY, OVER, ALONE, THREADS, SINCE = (STRIDE * k for k in range(8))
"""Parts that are left; parts that helpers have done; the stage's function and arguments; helpers that are looking for
work; whether all is over; whether the first thread works alone; threads that were asked for; when the step began."""
UNTIL, TRIAL, LONGER, SPENT, STEPS = SINCE + 1, SINCE + 2, SINCE + 3, SINCE + 4, SINCE + 6
"""When it is thought over; whether this is a trial; how many times as long as a trial the better way is kept; time and
number of steps, each with helpers and without."""
WORDS = STRIDE * 8

LEAST_FLOPS = 20_000_000
"""Operations of a step below which there are no helpers."""
LEAST_WORK, MANY_ROWS = 1_000_000, 1024
"""Work of a stage from which helpers are called, about 10 microseconds; rows with which it is to have that much."""
PATIENCE = 4_000
"""Times to look whether helpers are done before others are let use the processor: about a tenth of a millisecond."""
SPINS = 4_000
"""Times a helper looks for work before it sleeps."""
NAP, LONG_NAP, REST = 50, 1000, 8000
"""Microseconds that a helper sleeps, at first and at most, and while the first thread works alone."""
PARTS_OF_THREAD = 4
TRIAL_TIME = 20_000_000
"""Nanoseconds for which a way is tried."""
FIRST_LONGER, MOST_LONGER = 8, 64

SHARED_PLACES = f"""  %p.left = getelementptr i64, ptr %team, i64 {LEFT}
  %p.done = getelementptr i64, ptr %team, i64 {DONE}
  %p.stage = getelementptr i64, ptr %team, i64 {STAGE}
  %p.block = getelementptr i64, ptr %team, i64 {STAGE + 1}
"""


def claimed(none: str, next_left: str) -> str:
    """The block `look`: a part of those from %low to %high is taken, on to `take`, or there is none."""
    return f"""  %left = load atomic i64, ptr %p.left acquire, align 8
  %low = and i64 %left, 4294967295
  %high = lshr i64 %left, 32
  %some = icmp ult i64 %low, %high
  br i1 %some, label %try, label %{none}
try:
  %next = {next_left}
  %pair = cmpxchg ptr %p.left, i64 %left, i64 %next acq_rel monotonic, align 8
  %got = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %got, label %take, label %missed
missed:
  br label %look
"""


RUNTIME = f"""
define internal i1 @team.ready(ptr %team, i64 %work) noinline nounwind {{
entry:
  %enough = icmp sge i64 %work, {LEAST_WORK}
  %p.alone = getelementptr i64, ptr %team, i64 {ALONE}
  %alone = load atomic i64, ptr %p.alone monotonic, align 8
  %helped = icmp eq i64 %alone, 0
  %p.ready = getelementptr i64, ptr %team, i64 {READY}
  %ready = load atomic i64, ptr %p.ready monotonic, align 8
  %some = icmp sgt i64 %ready, 0
  %wanted = and i1 %enough, %helped
  %yes = and i1 %wanted, %some
  ret i1 %yes
}}
define internal void @team.run(ptr %team, ptr %stage, ptr %block, i64 %parts) noinline nounwind {{
entry:
{SHARED_PLACES}  store ptr %stage, ptr %p.stage, align 8
  store ptr %block, ptr %p.block, align 8
  store atomic i64 0, ptr %p.done monotonic, align 8
  %all = shl i64 %parts, 32
  store atomic i64 %all, ptr %p.left release, align 8
  br label %look
look:
  %own = phi i64 [ 0, %entry ], [ %own, %missed ], [ %more, %take ]
{claimed("rest", "sub i64 %left, 4294967296")}take:
  %last = sub i64 %high, 1
  call void %stage(i64 %last, ptr %block)
  %more = add i64 %own, 1
  br label %look
rest:
  %others = sub i64 %parts, %own
  br label %wait
wait:
  %times = phi i64 [ 0, %rest ], [ %again, %pause ]
  %done = load atomic i64, ptr %p.done acquire, align 8
  %ended = icmp sge i64 %done, %others
  br i1 %ended, label %out, label %idle
idle:
  %again = add i64 %times, 1
  %long = icmp sgt i64 %again, {PATIENCE}
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
  ret void
}}
"""

HELPER = f"""
define internal i64 @team.help(ptr %team, i64 %spins) noinline nounwind {{
entry:
{SHARED_PLACES}  %p.ready = getelementptr i64, ptr %team, i64 {READY}
  %p.over = getelementptr i64, ptr %team, i64 {OVER}
  %p.alone = getelementptr i64, ptr %team, i64 {ALONE}
  br label %awake
awake:
  %nap = phi i32 [ {NAP}, %entry ], [ %next.nap, %asleep ]
  %all = phi i64 [ 0, %entry ], [ %sum, %asleep ]
  %over = load atomic i64, ptr %p.over monotonic, align 8
  %ended = icmp ne i64 %over, 0
  br i1 %ended, label %out, label %on
on:
  %alone = load atomic i64, ptr %p.alone monotonic, align 8
  %unwanted = icmp ne i64 %alone, 0
  br i1 %unwanted, label %sleep, label %work
work:
  %before = atomicrmw add ptr %p.ready, i64 1 acq_rel, align 8
  br label %look
look:
  %found = phi i64 [ 0, %work ], [ %found, %spin ], [ %found, %missed ], [ %more, %take ]
  %idle = phi i64 [ 0, %work ], [ %longer, %spin ], [ %idle, %missed ], [ 0, %take ]
{claimed("none", "add i64 %left, 1")}take:
  %stage = load ptr, ptr %p.stage, align 8
  %block = load ptr, ptr %p.block, align 8
  call void %stage(i64 %low, ptr %block)
  %mine = atomicrmw add ptr %p.done, i64 1 acq_rel, align 8
  %more = add i64 %found, 1
  br label %look
none:
  %longer = add i64 %idle, 1
  %tired = icmp sgt i64 %longer, %spins
  br i1 %tired, label %leave, label %spin
spin:
PAUSE
  br label %look
leave:
  %after = atomicrmw sub ptr %p.ready, i64 1 acq_rel, align 8
  br label %sleep
sleep:
  %parts = phi i64 [ 0, %on ], [ %found, %leave ]
  %sum = add i64 %all, %parts
  %idled = icmp eq i64 %parts, 0
  %twice = shl i32 %nap, 1
  %short = icmp slt i32 %twice, {LONG_NAP}
  %limited = select i1 %short, i32 %twice, i32 {LONG_NAP}
  %next.nap = select i1 %idled, i32 %limited, i32 {NAP}
  %time = select i1 %unwanted, i32 {REST}, i32 %nap
SLEEP
  br label %asleep
asleep:
  br label %awake
out:
  ret i64 %all
}}
"""


CLOCK = """
define internal i64 @team.clock() noinline nounwind {
entry:
TIME
}
"""


class Shared(NamedTuple):
    """A function whose parts a team does.

    Args:
        text: of the LLVM function, which takes a team before all else.
        functions: that it calls, by name.
        declared: what they need declared.
        whole: whether it calls the function that is not cut as well.
    """

    text: str
    functions: tuple[tuple[str, str], ...]
    declared: tuple[str, ...]
    whole: bool


def pausing(processor: str) -> tuple[str, tuple[str, ...]]:
    """An instruction that tells the processor that a thread waits, and what it needs declared."""
    if processor in ("x86_64", "amd64"):
        return "  call void @llvm.x86.sse2.pause()", ("declare void @llvm.x86.sse2.pause()",)
    if processor in ("arm64", "aarch64"):
        return "  call void @llvm.aarch64.hint(i32 1)", ("declare void @llvm.aarch64.hint(i32)",)
    return "  fence acquire", ()


def system_calls(system: str) -> dict[str, tuple[str, str]]:
    """Calls that let others use the processor, that sleep, and that tell the time, each with its declaration.

    Where the system has none of a known name, helpers are always called, the first thread waits for them as it did
    before, and they go back to Python to sleep.
    """
    if system != "posix":
        return {"YIELD": ("  fence acquire", ""), "SLEEP": ("  ret i64 %sum\ngone:", ""), "TIME": ("  ret i64 0", "")}
    time_now = [
        "  %time = alloca [2 x i64], align 8",
        f"  %told = call i32 @clock_gettime(i32 {time.CLOCK_MONOTONIC}, ptr %time)",
        "  %seconds = load i64, ptr %time, align 8",
        "  %place = getelementptr i64, ptr %time, i64 1",
        "  %rest = load i64, ptr %place, align 8",
        "  %whole = mul i64 %seconds, 1000000000",
        "  %sum = add i64 %whole, %rest",
        "  ret i64 %sum",
    ]
    return {
        "YIELD": ("  %yielded = call i32 @sched_yield()", "declare i32 @sched_yield()"),
        "TIME": ("\n".join(time_now), "declare i32 @clock_gettime(i32, ptr)"),
        "SLEEP": ("  %slept = call i32 @usleep(i32 %time)", "declare i32 @usleep(i32)"),
    }


def runtime_of(text: str, processor: str, system: str) -> tuple[str, tuple[str, ...]]:
    """Functions of a team for a machine, and what they need declared."""
    pause, declared = pausing(processor)
    for word, (call, declaration) in system_calls(system).items():
        if word in text:
            text, declared = text.replace(word, call), (*declared, *([declaration] if declaration else []))
    return text.replace("PAUSE", pause), declared


class Watched(Nests):
    """Nests of one function, with the blocks that the steps of loops are taken in."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.blocks: dict[str, list[tuple[tuple[int, ...], ...]]] = {}
        self.merged: set[str] = set()

    def _blocks(
        self, loop: ast.For, blocks: Sequence[tuple[int, ...]], dim: str, body: Callable[[], None],
        done: Integer = Integer(),  # noqa: B008 - it is not changed
        inside: Sequence[ast.For] = (),
    ) -> None:
        self.blocks.setdefault(ast.unparse(loop.target), []).append(tuple(blocks))
        super()._blocks(loop, blocks, dim, body, done, inside)

    def _shortened(self, chain: list[ast.For]) -> list[ast.For]:
        found = super()._shortened(chain)
        if len(found) < len(chain):
            self.merged |= {ast.unparse(loop.target) for loop in chain}
        return found

    def unit(self, name: str) -> int:
        """Steps of a loop that a part must have a multiple of, to take them in whole blocks."""
        return math.lcm(*(sum(blocks[0]) for blocks in self.blocks.get(name, []) if blocks))


def shared_text(
    source: str,
    name: str,
    arrays: Mapping[str, Array],
    scalars: Mapping[str, str],
    real: str,
    target: Target,
) -> Shared | None:
    """A function of loops as one whose parts a team does: `name.shared(team, ...)`; None with little to share.

    Args: those of `compiled_text`.
    """
    function = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    work = work_of(function)
    found = cuts(function, arrays) if work.row * MANY_ROWS + work.fixed >= LEAST_WORK else []
    if not found:
        return None
    whole = Watched(*squeezed(copy.deepcopy(function), arrays), scalars, real, target)
    whole.result(name)
    for cut in found:
        sharing = _Sharing(function, name, arrays, scalars, real, target, cut, whole)
        if cut.name not in whole.merged and sharing.can_be():
            return sharing.result()
    return None


class _Sharing:
    """The functions of a stage that is cut.

    `name.part(k, block)` does part k with the arguments in `block`, eight bytes each; `name.shared` fills the block.
    """

    def __init__(
        self, function: ast.FunctionDef, name: str, arrays: Mapping[str, Array], scalars: Mapping[str, str],
        real: str, target: Target, cut: Cut, whole: Watched,
    ) -> None:
        self.function, self.name, self.arrays, self.scalars = function, name, arrays, scalars
        self.real, self.target, self.cut, self.whole = real, target, cut, whole
        self.names = [a.arg for a in function.args.args]
        self.results: list[tuple[str, Result]] = []
        self.steps = 0

    def can_be(self) -> bool:
        """True where there are several parts of whole blocks; the part is compiled."""
        unit = self.whole.unit(self.cut.name)
        if self.cut.extent == ROWS:
            self.steps = unit
            if needs_rows(self.function, self.cut, self.arrays):
                self._compiled(f"{self.name}.rows", PART)
            return True
        extent = int(self.cut.extent)
        self.steps = next(iter(steps_of_parts(extent, unit)), 0)
        if self.steps:
            self._compiled(f"{self.name}.steps", self.steps)
        if self.steps and extent % self.steps:
            self._compiled(f"{self.name}.rest", extent % self.steps)
        return self.steps > 0

    def result(self) -> Shared:
        """All text."""
        rows = self.cut.extent == ROWS
        part = self._rows_part() if rows else self._fixed_part()
        functions = [(f"{self.name}.part", part), *((n, r.text) for n, r in self.results)]
        declared = tuple(dict.fromkeys(line for _, r in self.results for line in r.declared))
        return Shared(self._shared(rows), tuple(functions), declared, whole=rows and not self.results)

    def _compiled(self, name: str, count: int | str) -> None:
        """Add the function with another number of steps."""
        scalars = {PART: "i64", **self.scalars} if isinstance(count, str) else self.scalars
        text = part_of_loops(self.function, self.cut, count)
        self.results.append((name, compiled_text(text, name, self.arrays, scalars, self.real, self.target)))

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

    def _given(self) -> str:
        words = {n: f"%m.{n}" if n in self.cut.axes else f"%a.{n}" for n in self.names}
        return ", ".join(f"{self._kind(n)} {words[n]}" for n in self.names)

    def _rows_part(self) -> str:
        """Rows %first, ..., as many as a part has or are left."""
        return "\n".join([
            self._head("part", "i64 %k, ptr %block"), *self._loaded(),
            f"  %p.rows = getelementptr i64, ptr %block, i64 {len(self.names)}",
            "  %rows = load i64, ptr %p.rows, align 8", "  %first = mul i64 %k, %rows",
            "  %left = sub i64 %a.N, %first", "  %few = icmp slt i64 %left, %rows",
            "  %count = select i1 %few, i64 %left, i64 %rows", *self._moved(),
            f"  call void {self._of_rows('%count', self._given())}", "  ret void", "}",
        ])

    def _fixed_part(self) -> str:
        """Steps of a number that is known beforehand; the last part may have fewer."""
        extent, steps = int(self.cut.extent), self.steps
        whole = f"  call void @{self.name}.steps({self._given()})"
        lines = [self._head("part", "i64 %k, ptr %block"), *self._loaded(),
                 f"  %first = mul i64 %k, {steps}", *self._moved()]
        if extent % steps:
            rest = f"  call void @{self.name}.rest({self._given()})"
            lines += [f"  %last = icmp eq i64 %k, {extent // steps}", "  br i1 %last, label %fewer, label %all",
                      "fewer:", rest, "  ret void", "all:"]
        return "\n".join([*lines, whole, "  ret void", "}"])

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
        lines += self._parts_of_rows() if rows else self._fixed_parts()
        share = [f"  call void @team.run(ptr %team, ptr @{self.name}.part, ptr %block, i64 %parts)"]
        return "\n".join([*lines, "together:", *share, "  ret void", "}"])

    def _of_rows(self, count: str, given: str) -> str:
        """The function for some rows: always the same one, so that all parts are the same instructions."""
        if self.results:
            return f"@{self.name}.rows(i64 {count}, {given})"
        return f"@{self.name}({given.replace('i64 %a.N', f'i64 {count}')})"

    def _parts_of_rows(self) -> list[str]:
        """Parts of rows, some for each thread; rows of a block stay together.  Alone, all rows are one part."""
        given = ", ".join(f"{self._kind(n)} %a.{n}" for n in self.names)
        return [
            "  br i1 %ready, label %cut, label %alone",
            "alone:", f"  call void {self._of_rows('%a.N', given)}", "  ret void",
            "cut:", f"  %p.threads = getelementptr i64, ptr %team, i64 {THREADS}",
            "  %threads = load i64, ptr %p.threads, align 8", f"  %wanted = mul i64 %threads, {PARTS_OF_THREAD}",
            "  %more = add i64 %a.N, %wanted", "  %up = sub i64 %more, 1", "  %even = sdiv i64 %up, %wanted",
            f"  %over = add i64 %even, {self.steps - 1}", f"  %units = sdiv i64 %over, {self.steps}",
            f"  %rows = mul i64 %units, {self.steps}", "  %several = icmp slt i64 %rows, %a.N",
            "  br i1 %several, label %many, label %alone",
            "many:", f"  %p.rows = getelementptr i64, ptr %block, i64 {len(self.names)}",
            "  store i64 %rows, ptr %p.rows, align 8",
            "  %most = add i64 %a.N, %rows", "  %round = sub i64 %most, 1", "  %parts = sdiv i64 %round, %rows",
            "  br label %together",
        ]

    def _fixed_parts(self) -> list[str]:
        """Parts of a number that is known beforehand.  Alone, they are done one after the other."""
        parts = -(-int(self.cut.extent) // self.steps)
        return [
            "  br i1 %ready, label %cut, label %alone", "alone:", "  br label %next",
            "next:", "  %k = phi i64 [ 0, %alone ], [ %then, %next ]",
            f"  call void @{self.name}.part(i64 %k, ptr %block)", "  %then = add i64 %k, 1",
            f"  %ended = icmp eq i64 %then, {parts}", "  br i1 %ended, label %out, label %next",
            "out:", "  ret void", "cut:", f"  %parts = add i64 0, {parts}", "  br label %together",
        ]

    def _head(self, word: str, arguments: str) -> str:
        return f"define internal void @{self.name}.{word}({arguments}) noinline nounwind {{\nentry:"


# -- in Python --------------------------------------------------------------------------------------------------------


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def pace(words: Any, time_now: int) -> None:
    """Note the time of the step that ends now, and choose for the next one whether helpers are called.

    Both ways are tried; the one whose steps took less time is kept for a while, each time for longer; then the other
    one is tried again.

    Args:
        words: of a team.
        time_now: nanoseconds.
    """
    way = words[ALONE]
    if words[SINCE]:
        words[SPENT + way] += time_now - words[SINCE]
        words[STEPS + way] += 1
    step = time_now - words[SINCE] if words[SINCE] else 0
    words[SINCE] = time_now
    if time_now < words[UNTIL]:
        return
    trial = max(TRIAL_TIME, 2 * step)
    other = 1 - way
    if not words[UNTIL]:
        words[UNTIL], words[TRIAL] = time_now + trial, 1
    elif not words[TRIAL] or not words[STEPS + other]:
        words[ALONE], words[TRIAL], words[UNTIL] = other, 1, time_now + trial
    else:
        # of equal ways, the one without helpers
        helped = words[SPENT] * words[STEPS + 1] < words[SPENT + 1] * words[STEPS]
        better = 0 if helped else 1
        words[LONGER] = FIRST_LONGER if better == way else min(max(2 * words[LONGER], FIRST_LONGER), MOST_LONGER)
        words[ALONE], words[TRIAL], words[UNTIL] = better, 0, time_now + trial * words[LONGER]
        for k in range(4):  # what was long ago counts less
            words[SPENT + k] //= 2


CLOCK_IS_KNOWN = os.name == "posix"


def now() -> int:
    """Nanoseconds, of the clock that kernels read."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) if CLOCK_IS_KNOWN else 0


class Team:
    """Helpers for the time of a `with`: its value is what kernels take as `team`.

    Starting one takes some tens of microseconds, and does not wait for it.

    Args:
        help_team: compiled; looks for work until all is over.
        helpers: how many.
        rows: of a step; what was found for this number of them is remembered.
        steps: about how many there will be.
        timed: whether the time of the `with` is that of one step; where it is not, kernels call `pace`.
    """

    known: tuple[tuple[int, int], Any] = ((0, 0), None)

    def __init__(
        self, help_team: Callable[[Any, int], int], helpers: int, rows: int, steps: int, timed: bool = False
    ) -> None:
        self.help_team, self.helpers, self.steps, self.key = help_team, helpers, steps, (helpers, rows)
        key, words = Team.known
        # the first time kernels may have to be compiled first
        self.timed = timed and key == self.key and CLOCK_IS_KNOWN
        self.words = words.copy() if key == self.key else np.zeros(WORDS, np.int64)
        self.words[SINCE] = self.words[READY] = self.words[OVER] = 0
        self.words[THREADS] = helpers + 1

    def __enter__(self) -> Any:
        self.help_team(np.ones(WORDS, np.int64), 0)  # compiled here, and not by several threads at once
        if self.timed:
            pace(self.words, now())
        for _ in range(0 if self._alone() else self.helpers):
            _thread.start_new_thread(self._help, ())
        return self.words

    def _alone(self) -> bool:
        """True where all is likely to be over before helpers are to be called."""
        alone, spent, steps = self.words[ALONE], int(self.words[SPENT + 1]), int(self.words[STEPS + 1])
        return bool(alone) and now() + self.steps * spent // max(steps, 1) < self.words[UNTIL]

    def __exit__(self, *_: object) -> None:
        if self.timed:
            pace(self.words, now())
        self.words[OVER] = 1
        Team.known = self.key, self.words

    def _help(self) -> None:
        while not self.words[OVER]:
            self.help_team(self.words, SPINS)
            time.sleep(NAP * 1e-6)
