"""A program as compiled functions over flat arrays.

Enters: a program of the plan.  Leaves: the lines of Python functions that Numba can compile: one, or, of a long
program, one that calls its stages.  Stages of the same text share a function, so that a deep network compiles like a
shallow one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from symprop.codegen.array_program import docstring
from symprop.codegen.blocks import Block
from symprop.codegen.layout import Slice, Workspace, packed, workspace
from symprop.codegen.loops import StageLoops
from symprop.codegen.naming import RESERVED, Names
from symprop.codegen.samples import drawing
from symprop.language import Equation, Tensor
from symprop.plan.values import Buffer, KernelPlan, Program, Stage
from symprop.simd.nests import compiled_text
from symprop.simd.reading import Unsupported
from symprop.simd.values import Target
from symprop.simd.writing import array_of

TITLES = {
    "forward": "Outputs of the network.",
    "loss": "The loss.",
    "gradient": "The loss; adjoints of the parameters go to `grad`.",
    "training_forward": "Outputs of the network in training.",
}
WITH_TEAM = ("gradient", "step")
"""Programs whose stages helpers may do parts of."""
LONGEST = 40
"""Loop nests in one function; the stages of a longer program are functions."""
TYPICAL = Target(256, 16)
WIDTH = 120
WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class View:
    """A tensor as a slice of a flat array.

    Args:
        tensor: its name.
        array: "theta", "grad" or "work".
        start, size: in units of `unit`, "N" or "" for 1.
        shape: as text, "" of one axis, "()" of none.
        base: what `start` counts from, as text.
    """

    tensor: str
    array: str
    start: int
    size: int
    unit: str
    shape: str
    base: str = ""

    @property
    def place(self) -> str:
        """Where it starts."""
        times = f" * {self.unit}" if self.unit else ""
        return f"{self.base}{self.start}{times}"

    def text(self, start: str = "") -> str:
        """The slice, from a start that is known or held in a variable."""
        if self.shape == "()":
            return f"{self.array}[{start or self.start}]"
        times = f" * {self.unit}" if self.unit else ""
        if start:
            low, high = f"{start}{times}", f"({start} + {self.size}){times}" if times else f"{start} + {self.size}"
        else:
            low, high = f"{self.base}{self.start}{times}", f"{self.base}{self.start + self.size}{times}"
        text = f"{self.array}[{low} : {high}]"
        return f"{text}.reshape({self.shape})" if self.shape else text


@dataclass
class StageFunction:
    """A stage in a function of its own, shared by all stages of the same text up to the names of arrays."""

    name: str
    arguments: list[str]
    found: list[str]
    lines: list[str]
    numbers: list[tuple[int, ...]]
    equations: tuple[Equation, ...]
    head: str = "@compiled"


class LoopProgram:
    """The writer of one program.

    Args:
        plan: the plan the program belongs to.
        program: what to write.
        params: places of parameters and states in the flat array `theta`, and of their adjoints in `grad`.
        dtype: "float32" or "float64".
        vector: functions of the SIMD layer that were written already, to which this program adds its own.
    """

    flat_arrays: Sequence[str] = ("theta", "grad", "work")
    reserved = RESERVED

    def __init__(
        self,
        plan: KernelPlan,
        program: Program,
        params: Sequence[Slice],
        dtype: str,
        vector: dict[tuple[str, ...], StageFunction] | None = None,
    ) -> None:
        self.plan, self.program, self.params, self.dtype = plan, program, params, dtype
        self.vector = {} if vector is None else vector
        self.prefix = f"{program.name}_lanes" if vector is None else "stage"
        self.own_name = program.name
        self.workspace: Workspace = workspace(program)
        self.gradient = program.name == "gradient"
        self.has_team = program.name in WITH_TEAM
        self.in_place = dict(plan.step.in_place) if plan.step is not None and program.name == "step" else {}
        self.names = self._names()
        self.writer = StageLoops(plan, program, self.names, dtype)
        self.at = self.writer.scalars.at
        self.sampled = [(k, t) for k, t in enumerate(plan.samples) if t.name in program.reads]
        self.own = [b for b in program.buffers if b.axes and b.role != "local" and self._kept(b)]
        """Buffers that are no slices of `theta`, `grad` or `work`."""
        held = {b.name for b in self.own}
        free = [] if program.labelled else [r for r in program.results if r not in held]
        self.copied = {r: self.names.variable("result") for r in free}
        """Results that are no buffers, and the arrays they are copied to."""
        self.words: set[str] = set()
        """What the text of the function names, once it is written."""

    def _names(self) -> Names:
        """Identifiers of a new function."""
        return Names(self._given(), self.reserved)

    def _kept(self, buffer: Buffer) -> bool:
        given = buffer.role == "result" and (self.gradient or buffer.name in self.in_place)
        return not packed(buffer) and not given

    def arguments(self) -> list[str]:
        """Names of the arrays the function takes, theta first."""
        tensors = [*self.plan.inputs, *(self.plan.targets if self.program.labelled else ())]
        arrays = [self.names.tensor(t.name) for t in tensors]
        key = ["key"] if self.program.training else []
        grad, team = ["grad"] * self.gradient, ["team"] * self.has_team
        return ["theta", *arrays, *grad, *key, "work", *self.allocated, *team]

    def needed(self) -> list[Buffer]:
        """Buffers of their own, but for products that turned out to need none."""
        return [b for b in self.own if b.role != "passing" or self.names.tensor(b.name) in self.words]

    @property
    def allocated(self) -> dict[str, str]:
        """Arrays that the caller allocates behind `work`, and how."""
        kinds, own = {"integer": "np.int32", "real": "real"}, self.needed()
        found = {self.names.tensor(b.name): f"np.empty({self._shape(b)}, {kinds[b.dtype]})" for b in own}
        found |= {self.names.tensor(t.name): f"np.empty({self._shape(t)}, real)" for _, t in self.sampled}
        for result, name in self.copied.items():
            tensor = self.writer.tensors[result]
            kind = "np.int64" if tensor.dtype == "integer" else "real"
            found[name] = f"np.empty({self._shape(tensor) if tensor.axes else 1}, {kind})"
        return found

    def given_back(self, arrays: str) -> str:
        """The results, of the arrays that were allocated."""
        places, found = list(self.allocated), []
        for result in self.program.results:
            place = places.index(self.copied.get(result) or self.names.tensor(result))
            scalar = "" if self.writer.tensors[result].axes else ".reshape(())"
            found.append(f"{arrays}[{place}]{scalar}")
        return f"({', '.join(found)},)"

    def title(self) -> str:
        """What the function gives."""
        return TITLES[self.program.name]

    def lines(self) -> list[str]:
        """The functions, each with its decorator."""
        length = sum(max(len(s.groups), 1) + (s.product is not None) for s in self.program.stages)
        title = self.title()
        body = Block()
        shared: dict[tuple[str, ...], StageFunction] = {}
        before = len(self.vector)
        calls = [self._lanes(stage) for stage in self.program.stages]
        if length <= LONGEST:
            plain = [s for s, call in zip(self.program.stages, calls, strict=True) if not call]
            views = self._views({n for s in plain for n in (*s.inputs, *s.outputs)})
            body.write(*(f"{self.names.tensor(v.tensor)} = {v.text()}" for v in views))
        for number, (stage, call) in enumerate(zip(self.program.stages, calls, strict=True)):
            inner = self.block_of(body)
            if call:
                inner.write("", "# " + ", ".join(f"({n})" for n in stage.numbers), *wrapped(call, 4))
            elif length > LONGEST:
                self._call(stage, shared, inner)
            else:
                self.writer.stage(stage, inner)
            self.close(number, inner, body)
        self._results(body)
        head = Block()
        head.write(*docstring(self.program.equations, title))
        self.words = {word for line in body.lines for word in WORD.findall(line)}
        self._arrays(head)
        functions = [*list(self.vector.values())[before:], *shared.values()]
        lines = [line for function in functions for line in (*self._shared(function), "", "")]
        return [*lines, *_function(f"{self.own_name}_kernel", self.arguments(), [*head.lines, *body.lines])]

    def block_of(self, body: Block) -> Block:
        """The block that a stage is written into: the body of the function."""
        return body

    def close(self, number: int, inner: Block, body: Block) -> None:
        """Put the block of a stage into the body, where it is another one."""

    # -- stages that are vector code ---------------------------------------------------------------------------------

    def _lanes(self, stage: Stage) -> str:
        """A call of the stage as a function of the SIMD layer, "" of a stage that layer does not know."""
        inner, names = Block(), self._names()
        StageLoops(self.plan, self.program, names, self.dtype, lanes=True).stage(stage, inner)
        code = [line for line in inner.lines if line and not line.startswith("#")]
        arguments, found = self._signature(stage, code, names)
        owners = {names.tensor(n): n for n in self._given()}
        given = {a: self._argument(owners[a]) for a in arguments if a != "N"}
        shapes = {a: self._axes(owners[a]) for a in given if self.writer.tensors[owners[a]].axes}
        last = [f"return {', '.join(found)}"] if found else []
        source = "\n".join(_function("stage", ["N", *given], [*code, *last])[1:])
        scalars = {a: {"float32": "float", "float64": "double"}[self.dtype] for a in given if a not in shapes}
        if not known_to_lanes(source, shapes, {"N": "i64", **scalars}, self.dtype):
            return ""
        words = "".join(f', {a}="{shape}"' for a, shape in shapes.items())
        key = _canonical([*code, *found, words], set(given), ["lanes", *given])
        shared = self.vector
        if key not in shared:
            equations = tuple(e for e in self.program.equations if e.number in stage.numbers)
            name = f"{self.prefix}{len(shared) + 1}"
            head = f"@lanes(DTYPE{words})"
            shared[key] = StageFunction(name, ["team", "N", *given], found, code, [stage.numbers], equations, head)
        elif stage.numbers not in shared[key].numbers:
            shared[key].numbers.append(stage.numbers)
        team = "team" if self.has_team else "None"
        call = f"{shared[key].name}({', '.join([team, 'N', *given.values()])})"
        return f"{', '.join(map(self.names.tensor, self._scalars(stage)))} = {call}" if found else call

    def _argument(self, name: str) -> str:
        """How a tensor is passed: a pointer into a flat array, an array of its own, or a number."""
        if name not in self._slices:
            return self.names.tensor(name)
        view = self._slices[name][1]
        return view.text() if view.shape == "()" else f"part({view.array}, {view.place})"

    def _axes(self, name: str) -> str:
        tensor = self.writer.tensors[name]
        sizes = ", ".join(map(self.at.extent, tensor.axes))
        if tensor.dtype != "integer":
            return sizes
        return f"{sizes}: {'short' if self.program.buffer(name) else 'integer'}"

    # -- stages that are functions -----------------------------------------------------------------------------------

    def _call(self, stage: Stage, shared: dict[tuple[str, ...], StageFunction], body: Block) -> None:
        """A call of the stage's function, which is written unless there is one of the same text."""
        inner = Block()
        names = self._names()
        StageLoops(self.plan, self.program, names, self.dtype).stage(stage, inner)
        code = [line for line in inner.lines if line and not line.startswith("#")]
        arguments, found = self._signature(stage, code, names)
        views = {names.tensor(v.tensor): v for v in self._views({*stage.inputs, *stage.outputs})}
        starts = {f"start_{name}": view for name, view in views.items() if name in arguments}
        code = [f"{n} = {views[n].text(f'start_{n}')}" for n in arguments if n in views] + code
        plain = [n for n in arguments if n not in views]
        flat_arrays = [a for a in self.flat_arrays if any(v.array == a for v in starts.values())]
        arguments = [*flat_arrays, *(["N"] if "N" not in plain else []), *plain, *starts]
        key = _canonical([*code, *found], {*starts, *views, *plain} - {"N"}, arguments)
        if key not in shared:
            equations = tuple(e for e in self.program.equations if e.number in stage.numbers)
            name = f"{self.own_name}_stage{len(shared) + 1}"
            shared[key] = StageFunction(name, arguments, found, code, [stage.numbers], equations)
        else:
            shared[key].numbers.append(stage.numbers)
        # a bare integer would be a type of its own to Numba, and the function be compiled for each of them
        given = [f"at({starts[a].base}{starts[a].start})" if a in starts else a for a in arguments]
        call = f"{shared[key].name}({', '.join(given)})"
        body.write(f"{', '.join(found)} = {call}" if found else call)

    def _given(self) -> list[str]:
        plan = self.plan
        outer = [t.name for t in (*plan.inputs, *plan.targets, *plan.params, *plan.states, *plan.samples)]
        return [*outer, *(b.name for b in self.program.buffers)]

    def _signature(self, stage: Stage, code: Sequence[str], names: Names) -> tuple[list[str], list[str]]:
        """Arrays and scalars the stage is given, in the order of its text, and the scalars it gives back."""
        found = [names.tensor(n) for n in self._scalars(stage)]
        local = {names.tensor(b.name) for b in self.program.buffers if b.role == "local"}
        known = {names.tensor(n) for n in self._given()} - set(found) - local | {"N"}
        words = [w for line in code for w in WORD.findall(line)]
        return [w for w in dict.fromkeys(words) if w in known], found

    def _scalars(self, stage: Stage) -> list[str]:
        """The scalars a stage gives back."""
        buffers = self.program.buffers
        return [b.name for b in buffers if not b.axes and b.role != "local" and b.name in stage.outputs]

    def _shared(self, function: StageFunction) -> list[str]:
        known = [e.number for e in function.equations]
        rest = [numbers for numbers in function.numbers if not set(numbers) & set(known)]
        others = [", ".join(f"({n})" for n in numbers) for numbers in rest]
        title = "Shared by equations of one form." if others else "A stage."
        head = docstring(function.equations, title) if function.equations else [f'"""{title}', '"""']
        if others:
            head[-1:] = ["", "    Likewise " + "; ".join(others), '"""']
        last = [f"return {', '.join(function.found)}"] if function.found else []
        text = _function(function.name, function.arguments, [*head, *function.lines, *last])
        return [*wrapped(function.head, 0), *text[1:]]

    # -- arrays ------------------------------------------------------------------------------------------------------

    def _rows(self, body: Block) -> None:
        first = next((self.names.tensor(t.name) for t in (*self.plan.inputs, *self.plan.targets)), None)
        if first in self.arguments():
            body.write(f"N = len({first})")

    def _arrays(self, body: Block) -> None:
        """What a function has of its own and uses, and adjoints that are 0 everywhere."""
        self._rows(body)
        for part in self.params:
            if self.gradient and not self.plan.found_for(part.name):
                body.write(f"grad[{part.start}:{part.stop}] = {self.writer.zero}")
        for count, tensor in self.sampled:
            body.write(drawing(tensor, self._rows_of(tensor), count))

    def _rows_of(self, tensor: Tensor) -> str:
        """The entries of an array, which may have been allocated for more rows, in a row."""
        name, sizes = self.names.tensor(tensor.name), list(map(self.at.extent, tensor.axes))
        rest = f".reshape({' * '.join(f'({size})' for size in sizes)})" if len(sizes) > 1 else ""
        return f"{name}[: {sizes[0]}]{rest}"

    def _views(self, touched: set[str]) -> list[View]:
        """The slices of the flat arrays that the given tensors are, in the order of the arrays."""
        return sorted((self._slices[name][1] for name in touched if name in self._slices), key=self._place)

    def _place(self, view: View) -> int:
        return self._slices[view.tensor][0]

    @cached_property
    def _slices(self) -> dict[str, tuple[int, View]]:
        """Every tensor that is a slice of a flat array, with its place in their order."""
        found = [View(p.name, "theta", p.start, p.stop - p.start, "", shape_text(p.shape)) for p in self.params]
        if self.gradient:
            adjoints = [(self.plan.found_for(p.name), p) for p in self.params if p.shape]
            found += [View(a, "grad", p.start, p.stop - p.start, "", shape_text(p.shape)) for a, p in adjoints if a]
        offsets = dict(self.workspace.offsets)
        found += [self._scratch(b, offsets[b.name]) for b in self.program.buffers if packed(b)]
        return {view.tensor: (place, view) for place, view in enumerate(found)}

    def _scratch(self, buffer: Buffer, at: int) -> View:
        size = buffer.entries.terms[0][1]
        shape = self._shape(buffer) if len(buffer.axes) > 1 else ""
        if buffer.entries.names:
            return View(buffer.name, "work", at, size, "N", shape)
        return View(buffer.name, "work", at, size, "", shape, f"{self.workspace.per_row} * N + ")

    def _shape(self, buffer: Buffer | Tensor) -> str:
        sizes = [self.at.extent(a) for a in buffer.axes]
        return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"

    def _results(self, body: Block) -> None:
        if not self.program.labelled:
            self._copies(body)
            return
        for part in self.params:
            adjoint = self.plan.found_for(part.name)
            if self.gradient and not part.shape and adjoint:
                body.write(f"grad[{part.start}] = {self.names.tensor(adjoint)}")
        body.write(f"return {self.names.tensor(self.program.results[0])}")


    def _copies(self, body: Block) -> None:
        """Results that are no buffers go to the arrays of the caller."""
        for result, name in self.copied.items():
            own = self.names.tensor(result)
            if not self.writer.tensors[result].axes:
                body.write(f"{name}[0] = {own}")
            else:
                body.write(f"{name}.reshape({name}.size)[:] = {own}.reshape({own}.size)")


def _function(name: str, arguments: Sequence[str], lines: Sequence[str]) -> list[str]:
    head = wrapped(f"def {name}({', '.join(arguments)}):", 0)
    return ["@compiled", *head, *("    " + line if line else "" for line in lines)]


def known_to_lanes(source: str, shapes: Mapping[str, str], scalars: Mapping[str, str], dtype: str) -> bool:
    """Whether the SIMD layer compiles a function."""
    real = {"float32": "float", "float64": "double"}[dtype]
    try:
        compiled_text(source, "stage", {n: array_of(t, real) for n, t in shapes.items()}, scalars, real, TYPICAL)
    except Unsupported:
        return False
    return True


def wrapped(line: str, indent: int) -> list[str]:
    """A call, or the head of a function, on as many lines as it takes, broken between its arguments."""
    if len(line) + indent <= WIDTH:
        return [line]
    start, end = line.index("(") + 1, line.rindex(")")
    parts, depth, quoted, last = [], 0, False, start
    for place in range(start, end):
        letter = line[place]
        quoted ^= letter == '"'
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth and not quoted:
            parts.append(line[last : place + 1].strip())
            last = place + 1
    parts.append(line[last:end].strip())
    rows = [parts[0]]
    for part in parts[1:]:
        if len(rows[-1]) + len(part) + indent + 5 > WIDTH:
            rows.append(part)
        else:
            rows[-1] += f" {part}"
    return [line[:start], *("    " + row for row in rows), line[end:]]


def _canonical(code: Sequence[str], names: set[str], arguments: Sequence[str]) -> tuple[str, ...]:
    """The text, and the arguments, with arrays and their places named by the order they come in."""
    order: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        word = match.group()
        return order.setdefault(word, f"name{len(order)}") if word in names else word

    return tuple(WORD.sub(renamed, line) for line in (*code, *arguments))


def shape_text(shape: tuple[int, ...]) -> str:
    """The shape of a view as text, "" of one axis, "()" of none."""
    return repr(shape) if len(shape) > 1 else "" if shape else "()"
