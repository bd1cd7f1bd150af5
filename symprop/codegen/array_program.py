"""A program as a NumPy function: its statements, stage by stage.

Enters: a program of the plan.  Leaves: the lines of one Python function, a reference to read and to compare with.
"""

from __future__ import annotations

from collections.abc import Sequence

from symprop.codegen.arrays import Arrays
from symprop.codegen.grids import ATOM, PRODUCT, Value
from symprop.codegen.layout import Slice
from symprop.codegen.naming import RESERVED, Names
from symprop.codegen.samples import drawing
from symprop.language import Equation
from symprop.language.expressions import tensors_read
from symprop.language.printer import equation_text
from symprop.plan.values import KernelPlan, Product, Program, Stage

TITLES = {
    "forward": "Outputs of the network.",
    "loss": "The loss.",
    "gradient": "The loss and the adjoints of the parameters.",
    "training_forward": "Outputs of the network in training.",
}


def docstring(equations: Sequence[Equation], title: str) -> list[str]:
    """The opening of a generated function: what it gives, its equations and their numbers."""
    return [f'"""{title}', "", *(f"    ({e.number}) {equation_text(e)}" for e in equations), '"""']


class ArrayProgram:
    """The writer of one program; see `LoopProgram` for the arguments."""

    reserved = RESERVED

    def __init__(self, plan: KernelPlan, program: Program, params: Sequence[Slice], dtype: str) -> None:
        self.plan, self.program, self.params = plan, program, params
        given = [t.name for t in (*plan.inputs, *plan.targets, *plan.params, *plan.states, *plan.samples)]
        self.names = Names([*given, *(b.name for b in program.buffers)], self.reserved)
        self.tensors = dict(plan.tensors)
        self.arrays = Arrays(self.names, self.tensors)

    def arguments(self) -> list[str]:
        """Names of the function's arguments."""
        tensors = [*self.plan.inputs, *(self.plan.targets if self.program.labelled else ())]
        key = ["key"] if self.program.training else []
        return ["params", *(self.names.tensor(t.name) for t in tensors), *key]

    def title(self) -> str:
        """What the function gives."""
        return TITLES[self.program.name]

    def lines(self) -> list[str]:
        """The function, without a decorator."""
        body = docstring(self.program.equations, self.title())
        self._unpack(body)
        for stage in self.program.stages:
            body += ["", "# " + ", ".join(f"({n})" for n in stage.numbers)]
            self._stage(stage)
            body += self.arrays.lines
            self.arrays.lines = []
        body.append(self._results())
        head = f"def {self.program.name}_kernel({', '.join(self.arguments())}):"
        return [head, *("    " + line if line else "" for line in body)]

    def _unpack(self, body: list[str]) -> None:
        batched = [t for t in (*self.plan.inputs, *self.plan.targets) if t.axes and t.axes[0].names == {"N"}]
        first = next((n for n in (self.names.tensor(t.name) for t in batched) if n in self.arguments()), None)
        body += [f"N = len({first})"] if first else []
        used = [p.name for p in self.params if p.name in self.program.reads]
        body += [f"{self.names.tensor(n)} = params.{n}" for n in used]
        for count, tensor in enumerate(self.plan.samples):
            if tensor.name in self.program.reads:
                sizes = ", ".join(map(self.arrays.at.extent, tensor.axes))
                body.append(f"{self.names.tensor(tensor.name)} = {drawing(tensor, f'({sizes},)', count)}")

    def _results(self) -> str:
        names = [self.names.tensor(n) for n in self.program.results]
        if not self.program.labelled:
            return f"return ({', '.join(names)},)"
        if self.program.name == "loss":
            return f"return {names[0]}"
        found = set(self.program.results)
        adjoints = [(p, self.plan.found_for(p.name)) for p in self.params]
        grads = [self.names.tensor(a) if a in found else f"np.zeros({p.shape!r}, real)" for p, a in adjoints]
        return f"return {names[0]}, Params({', '.join(grads)})"

    def _stage(self, stage: Stage) -> None:
        if stage.form == "loops" and stage.shared:
            self._recurrence(stage)
            return
        equations = list(stage.equations)
        if stage.product is not None:
            product = self._product(stage.product)
            out = stage.product.out
            first = equations[0] if equations and equations[0].target == out else None
            if first is not None and tensors_read(first.body).count(out) == 1:
                # the product has the axes of the equation that takes it: both write the same tensor
                self.arrays.products[out] = Value(product.text, product.level, first.free)
                self.arrays.statement(first)
                self.arrays.products.clear()
                equations = equations[1:]
            else:
                self.arrays.lines.append(f"{self.names.tensor(out)} = {product.text}")
        for equation in equations:
            self.arrays.statement(equation)

    def _product(self, product: Product) -> Value:
        def matrix(name: str, shape: str) -> str:
            text = self.names.tensor(name)
            return text if len(self.tensors[name].axes) == 2 else f"{text}.reshape({shape})"

        at = self.arrays.at.extent
        rows, inner, columns = at(product.rows), at(product.inner), at(product.columns)
        left = matrix(product.left, f"{inner}, {rows}" if product.left_transposed else f"{rows}, {inner}")
        right = matrix(product.right, f"{columns}, {inner}" if product.right_transposed else f"{inner}, {columns}")
        text = f"{left}{'.T' * product.left_transposed} @ {right}{'.T' * product.right_transposed}"
        axes = self.tensors[product.out].axes
        if len(axes) == 2:
            return Value(text, PRODUCT)
        return Value(f"np.reshape({text}, ({', '.join(map(at, axes))},))", ATOM)

    def _recurrence(self, stage: Stage) -> None:
        step = stage.shared[0]
        for name in stage.outputs:
            sizes = ", ".join(map(self.arrays.at.extent, self.tensors[name].axes))
            self.arrays.lines.append(f"{self.names.tensor(name)} = np.zeros(({sizes},), real)")
        outer, self.arrays.lines = self.arrays.lines, []
        self.arrays.steps = {step}
        for equation in stage.equations:
            self.arrays.statement(equation)
        self.arrays.steps = set()
        top = self.arrays.at.extent(step.extent)
        last = self.arrays.at.extent(step.extent - 1)
        way = f"range({last}, -1, -1)" if stage.downwards else f"range({top})"
        inner = ["    " + line for line in self.arrays.lines]
        self.arrays.lines = [*outer, f"for {self.names.index(step.name)} in {way}:", *inner]
