"""Derivation to the text of a module.

    Derivation ─ plan ─► KernelPlan ─ lines of functions ─► template ─► text, checked

Enters: a Derivation.  Leaves: one string, the same for the same derivation on any machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from symprop import __version__
from symprop.codegen.array_program import ArrayProgram
from symprop.codegen.embedding import simd_import_lines, simd_layer
from symprop.codegen.initial import draw_call
from symprop.codegen.layout import Slice, flat
from symprop.codegen.loop_program import WORD, LoopProgram, StageFunction, known_to_lanes
from symprop.codegen.naming import check_names
from symprop.codegen.quantities import quantity_source
from symprop.codegen.safety import check_source, sealed
from symprop.codegen.step_program import StepLoops
from symprop.codegen.template import render
from symprop.codegen.timed_program import TimedProgram
from symprop.codegen.updates import PLAIN, update_lines
from symprop.derivation.values import Derivation, Quantity
from symprop.errors import Fault, FormulaError
from symprop.language import Network, Optimizer, Tensor
from symprop.language.printer import equation_text, text
from symprop.plan import KernelPlan, plan_derivation

LLVM_TYPES = {"float32": "float", "float64": "double"}
BACKENDS = ("numba", "numpy")
DTYPES = ("float32", "float64")


def generate_module(
    derivation: Derivation,
    backend: str = "numba",
    dtype: str = "float32",
    asked: Mapping[str, Sequence[Quantity]] | None = None,
    timed: bool = False,
) -> str:
    """The source text of a module with the kernels of a network; it needs NumPy, and Numba for its backend, alone.

    Args:
        derivation: forward and adjoint equations.
        backend: "numba" (compiled loops) or "numpy" (a readable reference).
        dtype: "float32" or "float64".
        asked: quantities beside loss and gradient for which there are to be functions, by name.
        timed: with a kernel that repeats one stage, for the backend "numba".

    Raises:
        FormulaError: an option is unknown, a name cannot stand in a program, or an axis has no extent.
    """
    for option, value, known in (("backend", backend, BACKENDS), ("dtype", dtype, DTYPES)):
        if value not in known:
            message = f"unknown {option} {value!r}; expected {' or '.join(known)}"
            raise FormulaError(Fault(option, message))
    network = derivation.network
    if network.layout != "rows":
        message = f"its examples are {network.layout}; expected rows, as the arrays of a module have them"
        raise FormulaError(Fault(f"network '{network.name}'", message, 'Derive laid_out(network, "rows").'))
    check_names(network, [a.equation.target for a in derivation.adjoints])
    plan = module_plan(derivation, backend)
    _check_batch(plan)
    values = _values(derivation, plan, backend, dtype, timed)
    beside = quantity_source(asked, plan, backend, dtype) if asked else ""
    source = sealed(render("module.jinja", values) + beside)
    check_source(source)
    return source


def module_plan(derivation: Derivation, backend: str = "numba") -> KernelPlan:
    """The plan that a module of a backend is written from."""
    loops = backend == "numba"
    return plan_derivation(derivation, 2048 if loops else 1, turned=loops)


def _check_batch(plan: KernelPlan) -> None:
    for tensor in (*plan.inputs, *plan.targets):
        if not tensor.axes or tensor.axes[0].names != {"N"} or any(a.constant is None for a in tensor.axes[1:]):
            shape = ", ".join(map(str, tensor.axes))
            message = f"axes ({shape}); expected N first, then integers"
            raise FormulaError(Fault(f"{tensor.role} '{tensor.name}'", message, "A row of an input is a sample."))
    if not plan.inputs:
        message = "no input has rows; expected one whose first axis is N"
        raise FormulaError(Fault(f"network '{plan.network}'", message, "Call the number of samples N in its shape."))


def _values(derivation: Derivation, plan: KernelPlan, backend: str, dtype: str, timed: bool) -> dict[str, object]:
    network = derivation.network
    optimizer = network.optimizer or PLAIN
    params = flat([*plan.params, *plan.states])
    trained = params[len(plan.params) - 1].stop if plan.params else 0
    values: dict[str, object] = {
        "backend": f"module_{backend}.jinja",
        **_header(derivation, plan, backend, dtype),
        "params": _params(plan, params),
        "has_state": bool(plan.states),
        "size": params[-1].stop if params else 0,
        "trained": trained,
        "single_output": len(plan.outputs) == 1,
        "y": "y" if plan.targets else "y={}",
        "output_words": " and ".join(plan.outputs),
        "has_samples": bool(plan.samples),
        "has_noise": any(not t.at_rest for t in plan.samples),
        "two_modes": plan.two_modes,
    }
    values |= _training(network, optimizer)
    values |= _optimizer(optimizer, network, dtype, backend)
    if backend == "numba":
        values |= _numba(plan, params, dtype, optimizer if timed else None)
    else:
        values |= _numpy(plan, params, dtype)
    if backend == "numba":
        values["vector_update"] = _updates_in_lanes(values, dtype)
    return values


def _updates_in_lanes(values: Mapping[str, Any], dtype: str) -> bool:
    """Whether the SIMD layer compiles the optimizer's step."""
    arrays = ["theta", "grad", *(f"state_{name}" for name in values["slots"])]
    lines = ["w = theta[place]", "g = grad[place]", *values["loads"], *values["body"], *values["stores"]]
    head = f"def update({', '.join([*arrays, *values['constants']])}):\n    for place in range({values['trained']}):\n"
    source = head + "".join(f"        {line}\n" for line in (*lines, "theta[place] = w"))
    scalars = {n: "double" if n in ("t", "lr") else LLVM_TYPES[dtype] for n in values["constants"]}
    return known_to_lanes(source, dict.fromkeys(arrays, str(values["trained"])), scalars, dtype)


def _header(derivation: Derivation, plan: KernelPlan, backend: str, dtype: str) -> dict[str, object]:
    forward = [f"({e.number}) {equation_text(e)}" for e in derivation.network.equations]
    backward = [f"({a.number}) {equation_text(a.equation)}" for a in derivation.adjoints]
    # what the numbers of a saved run belong to: the spec, whatever backend computes it and however it is printed
    network = derivation.network
    beside = {
        "updates": [f"({e.number}) {equation_text(e)}" for e in network.updates],
        "inference": [f"({e.number}) {equation_text(e)}" for e in network.inference],
    }
    content = network.text or "\n".join([network.name, *forward, *beside["updates"], *beside["inference"]])
    numba = ', "numba": version("numba")' if backend == "numba" else ""
    return {
        "name": network.name,
        "forward": forward,
        **beside,
        "backward": backward,
        "assumptions": [_plain(a) for a in derivation.assumptions],
        "imports": _imports(backend),
        "spec_name": repr(plan.network),
        "hash": hashlib.sha256(content.encode()).hexdigest(),
        "versions": f'{{"symprop": {__version__!r}, "numpy": np.__version__{numba}}}',
        "dtype": dtype,
        "inputs": _table(plan.inputs),
        "targets": _table(plan.targets),
        "outputs": repr(tuple(plan.outputs)),
        "state": repr(tuple(t.name for t in plan.states)),
        "shapes": _dictionary({p.name: p.shape for p in flat([*plan.params, *plan.states])}),
    }


def _plain(words: str) -> str:
    """Words for a docstring: printable ASCII without quotes and backslashes."""
    return "".join(c if " " <= c <= "~" and c not in "\"'\\" else " " for c in words)


def _imports(backend: str) -> list[str]:
    if backend == "numpy":
        return ["import math", "from typing import NamedTuple", "", "import numpy as np"]
    whole = [line for line in simd_import_lines() if line.startswith("import ")]
    parts = [line for line in simd_import_lines() if line not in whole]
    return ["from __future__ import annotations", "", *whole, "from importlib.metadata import version", *parts]


def _dictionary(values: Mapping[str, object]) -> str:
    return "{" + ", ".join(f'"{key}": {value!r}' for key, value in values.items()) + "}"


def _table(tensors: Sequence[Tensor]) -> str:
    rows = [f'    "{t.name}": {_dictionary(_slot(t))},' for t in tensors]
    return "\n".join(["{", *rows, "}"])


def _slot(tensor: Tensor) -> dict[str, object]:
    """What the interface knows of an input or a target."""
    shape = tuple(a.constant for a in tensor.axes[1:])
    if tensor.dtype == "integer":
        kind = "labels" if tensor.role == "target" and tensor.high is not None else "integer"
        classes = {} if tensor.high is None else {"classes": tensor.high.constant}
        return {"shape": shape, "kind": kind, **classes}
    bounds: dict[str, object] = {"low": tensor.low} if tensor.low is not None else {}
    bounds |= {"top": tensor.top} if tensor.top is not None else {}
    bounds |= {"simplex": tensor.simplex} if tensor.simplex is not None else {}
    return {"shape": shape, "kind": "real", **bounds}


def _params(plan: KernelPlan, parts: Sequence[Slice]) -> list[dict[str, object]]:
    tensors = [*plan.params, *plan.states]
    return [
        {"name": p.name, "shape": p.shape, "draw": draw_call(i, t, p)}
        for i, (t, p) in enumerate(zip(tensors, parts, strict=True))
    ]


def _training(network: Network, optimizer: Optimizer) -> dict[str, object]:
    training = network.training
    schedule = text(optimizer.schedule)
    words = f"{optimizer.name}" + (f", rate lr * ({schedule})" if schedule != "1" else "")
    if optimizer.clip_norm is not None:
        words += f", gradients clipped to norm {optimizer.clip_norm!r}"
    return {
        "epochs": training.epochs,
        "batch_size": training.batch_size,
        "seed": training.seed,
        "shuffle": training.shuffle,
        "lr": repr(optimizer.lr),
        "optimizer": words,
        "optimizer_words": f"Optimizer: {words}.",
        "clip": repr(optimizer.clip_norm) if optimizer.clip_norm is not None else "",
    }


def _optimizer(optimizer: Optimizer, network: Network, dtype: str, backend: str) -> dict[str, object]:
    update = update_lines(optimizer, network, dtype, loops=backend == "numba")
    slots = optimizer.state
    words = {word for line in update.body for word in WORD.findall(line)}
    hoisted = [line.split(" = ")[0] for line in update.before]
    return {
        "constants": [*hoisted, *(name for name in ("t", "lr") if name in words)],
        "slots": slots,
        "before": update.before,
        "body": update.body,
        "rate": update.rate,
        "update_words": "; ".join(equation_text(e) for e in optimizer.equations) + ".",
        "slot_args": "".join(f", {name}" for name in update.state),
        "slot_args_t": "".join(f", state_{name}" for name in slots),
        "slot_values": "".join(f", state_{name}" for name in slots),
        "slot_stores": "".join(f", state_{name}[:]" for name in slots),
        "loads": [f"{name} = state_{slot}[place]" for name, slot in zip(update.state, slots, strict=True)],
        "stores": [f"state_{slot}[place] = {name}" for name, slot in zip(update.state, slots, strict=True)],
    }


def _numpy(plan: KernelPlan, params: Sequence[Slice], dtype: str) -> dict[str, object]:
    lines: list[str] = []
    for program in plan.programs:
        lines += ["", "", *ArrayProgram(plan, program, params, dtype).lines()]
    data = ", ".join(f"data_{t.name}" for t in (*plan.inputs, *plan.targets))
    return {"kernels": lines[2:], "data_args": data}


def _numba(
    plan: KernelPlan, params: Sequence[Slice], dtype: str, timed: Optimizer | None = None
) -> dict[str, object]:
    lines: list[str] = []
    sizes: dict[str, str] = {}
    own: dict[str, object] = {}
    vector: dict[tuple[str, ...], StageFunction] = {}
    writer: LoopProgram
    for program in plan.programs:
        if program.name == "step":
            writer = StepLoops(plan, params, dtype, vector)
        else:
            writer = LoopProgram(plan, program, params, dtype, vector)
        lines += ["", "", *writer.lines()]
        space = writer.workspace
        sizes[program.name] = f"{space.per_row} * N + {space.fixed}"
        own[f"{program.name}_own"] = list(writer.allocated.values())
        own[f"{program.name}_names"] = "".join(f", own{k}" for k in range(len(writer.allocated)))
        own[f"{program.name}_results"] = "" if program.labelled else writer.given_back("own")
    step = {"lines": writer.scalar_lines(), "scalars": writer.scalars} if isinstance(writer, StepLoops) else None
    if timed is not None:
        lines += ["", "", *TimedProgram(plan, params, dtype, vector, timed).lines()]
    data = (*plan.inputs, *plan.targets)
    names = [f"data_{t.name}" for t in data]
    training = "gradient" if step is None else "step"
    return {
        "simd_layer": simd_layer(),
        "kernels": lines[2:],
        "data_args": ", ".join(names),
        "rows_of_data": f"len({names[0]})",
        **{f"{name}_work_call": size for name, size in sizes.items()},
        "step": step,
        **own,
        "train_own": own[f"{training}_own"],
        "train_names": own[f"{training}_names"],
        "train_work_call": sizes[training],
        **_batches(data),
    }


def _batches(data: Sequence[Tensor]) -> dict[str, object]:
    """Lines that find the rows of a step: those of an array side by side, or copies of them in another order."""
    buffers, takes, slices, names, kinds = [], [], [], [], {}
    for tensor in data:
        sizes = [a.constant or 0 for a in tensor.axes[1:]]
        name, integer, width = tensor.name, tensor.dtype == "integer", prod(sizes)
        shape = f"({', '.join(['N', *map(str, sizes)])})" if sizes else "N"
        buffers.append(f"taken_{name} = np.empty({shape}, {'np.int64' if integer else 'real'})")
        names.append(f"taken_{name}")
        kind = f"{'integers' if integer else 'rows'}_of_{width}"
        kinds[kind] = {"kind": kind, "width": width, "axes": f"{width}" + ": integer" * integer}
        takes += [
            f"take_{kind}(taken_{name}, data_{name}, order, start, rows, N)",
            f"rows_{name} = taken_{name}[:rows]",
        ]
        slices.append(f"rows_{name} = data_{name}[start : start + rows]")
    lines = {"batch_buffers": buffers, "batch_takes": takes, "batch_slices": slices, "takes": list(kinds.values())}
    args = ", ".join(f"rows_{tensor.name}" for tensor in data)
    return {**lines, "batch_args": args, "batch_names": ", ".join(names)}
