"""A kernel run with numbers that count what is done to them; nothing of `symprop.plan.cost` is used.

The text of the compiled functions is run by Python: every array holds `Counted` numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from symprop.codegen.layout import flat
from symprop.codegen.loop_program import LoopProgram
from symprop.codegen.module import module_plan
from symprop.derivation import derive
from symprop.language import Network

DONE: Counter[str] = Counter()


class Counted:
    """A float; operations on it are added to `DONE`, functions under their names and arithmetic as "flops"."""

    def __init__(self, value: Any) -> None:
        self.value = float(value)

    def __float__(self) -> float:
        return self.value

    def __neg__(self) -> Counted:
        return Counted(-self.value)

    def __abs__(self) -> Counted:
        return counted("flops", abs(self.value))

    def __pow__(self, other: Any) -> Counted:
        return counted("power", self.value ** float(other))


def counted(name: str, value: float) -> Counted:
    DONE[name] += 1
    return Counted(value)


def _operator(name: str, compute: Callable[[float, float], Any]) -> None:
    def own(self: Counted, other: Any) -> Any:
        DONE["flops"] += 1
        value = compute(self.value, float(other))
        return value if isinstance(value, bool) else Counted(value)

    def turned(self: Counted, other: Any) -> Any:
        DONE["flops"] += 1
        return Counted(compute(float(other), self.value))

    setattr(Counted, f"__{name}__", own)
    setattr(Counted, f"__r{name}__", turned)


for _name, _compute in {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "truediv": lambda a, b: a / b,
    "lt": lambda a, b: a < b,
    "gt": lambda a, b: a > b,
    "le": lambda a, b: a <= b,
    "ge": lambda a, b: a >= b,
}.items():
    _operator(_name, _compute)

FUNCTIONS = ("exp", "log", "expm1", "log1p", "tanh", "sqrt", "sin", "cos")


def _array(shape: Any, kind: Any) -> Any:
    return np.zeros(shape, np.int64) if kind is np.int64 else _filled(np.zeros(shape))


def _filled(values: Any) -> Any:
    found = np.empty(values.shape, object)
    for at in np.ndindex(values.shape):
        found[at] = Counted(values[at])
    return found


def _lanes(dtype: str, **shapes: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Pointers into flat arrays become arrays of the shapes that are declared."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        names = function.__code__.co_varnames[: function.__code__.co_argcount]

        def run(*arguments: Any) -> Any:
            given = dict(zip(names, arguments, strict=True))
            for name, text in shapes.items():
                shape = eval(f"({text.split(':')[0]},)", {"N": given["N"]})
                given[name] = given[name].reshape(-1)[: math.prod(shape)].reshape(shape)
            return function(**given)

        return run

    return decorate


def counted_run(network: Network, rows: int) -> Counter[str]:
    """What one run of the gradient kernel does, on random numbers."""
    plan = module_plan(derive(network))
    program = plan.program("gradient")
    params = flat([*plan.params, *plan.states])
    vector: dict[Any, Any] = {}
    writer = LoopProgram(plan, program, params, "float64", vector)
    numpy = {n: (lambda x, n=n: counted(n, float(getattr(np, n)(float(x))))) for n in FUNCTIONS}
    space = SimpleNamespace(empty=_array, int64=np.int64, inf=math.inf, float64=lambda x: x, **numpy)
    names: dict[str, Any] = {
        "np": space,
        "real": lambda x: x if isinstance(x, Counted) else Counted(x),
        "math": math,
        "compiled": lambda function: function,
        "lanes": _lanes,
        "part": lambda array, start: array[start:],
        "at": int,
        "DTYPE": "float64",
    }
    exec("\n".join(writer.lines()), names)
    rng = np.random.default_rng(5)
    data = []
    for tensor in (*plan.inputs, *plan.targets):
        shape = [a.value({"N": rows}) for a in tensor.axes]
        top = tensor.high.constant if tensor.high is not None else 2
        data.append(rng.integers(0, top, shape) if tensor.dtype == "integer" else _filled(rng.standard_normal(shape)))
    size = params[-1].stop
    theta, grad = _filled(rng.standard_normal(size)), _filled(np.zeros(size))
    work = _filled(np.zeros(writer.workspace.per_row * rows + writer.workspace.fixed))
    own = [eval(text, {**names, "N": rows}) for text in writer.allocated.values()]
    DONE.clear()
    key = [0] if "key" in writer.arguments() else []
    names["gradient_kernel"](theta, *data, grad, *key, work, *own, None)
    return Counter(DONE)
